/// A message on the next page about the step just taken. A cookie carries its number, so that no link can make a page show one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Notice {
    SignedOut,
    SessionEnded,
    PasswordChanged,
    Confirmed,
    OthersSignedOut,
    DeviceSignedOut,
    SessionSignedOut,
    AppOff,
    EmailRequested,
    EmailChanged,
    AccountProvisioned,
    WelcomeNotMailed,
    WelcomeResent,
    ResetStarted,
    AccountEmailChanged,
    ChangeRequired,
    MarkedCompromised,
    AccountSignedOut,
    SecondFactorReset,
    AccountDeactivated,
    AccountReactivated,
}

impl Notice {
    const ALL: [Self; 21] = [
        Self::SignedOut,
        Self::SessionEnded,
        Self::PasswordChanged,
        Self::Confirmed,
        Self::OthersSignedOut,
        Self::DeviceSignedOut,
        Self::SessionSignedOut,
        Self::AppOff,
        Self::EmailRequested,
        Self::EmailChanged,
        Self::AccountProvisioned,
        Self::WelcomeNotMailed,
        Self::WelcomeResent,
        Self::ResetStarted,
        Self::AccountEmailChanged,
        Self::ChangeRequired,
        Self::MarkedCompromised,
        Self::AccountSignedOut,
        Self::SecondFactorReset,
        Self::AccountDeactivated,
        Self::AccountReactivated,
    ];

    pub(super) fn number(self) -> String {
        (self as usize).to_string()
    }

    pub(super) fn parse(number: &str) -> Option<Self> {
        number.parse().ok().and_then(|number: usize| Self::ALL.get(number).copied())
    }

    /// The name of its text in the catalogue.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::SignedOut => "notice-signed-out",
            Self::SessionEnded => "notice-session-ended",
            Self::PasswordChanged => "notice-password-changed",
            Self::Confirmed => "notice-confirmed",
            Self::OthersSignedOut => "notice-others-signed-out",
            Self::DeviceSignedOut => "notice-device-signed-out",
            Self::SessionSignedOut => "notice-session-signed-out",
            Self::AppOff => "notice-app-off",
            Self::EmailRequested => "notice-email-requested",
            Self::EmailChanged => "notice-email-changed",
            Self::AccountProvisioned => "notice-account-provisioned",
            Self::WelcomeNotMailed => "notice-welcome-not-mailed",
            Self::WelcomeResent => "notice-welcome-resent",
            Self::ResetStarted => "notice-reset-started",
            Self::AccountEmailChanged => "notice-account-email-changed",
            Self::ChangeRequired => "notice-change-required",
            Self::MarkedCompromised => "notice-marked-compromised",
            Self::AccountSignedOut => "notice-account-signed-out",
            Self::SecondFactorReset => "notice-second-factor-reset",
            Self::AccountDeactivated => "notice-account-deactivated",
            Self::AccountReactivated => "notice-account-reactivated",
        }
    }

    /// A stable name in snake_case, for programs.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::PasswordChanged => "password_changed",
            Self::Confirmed => "confirmed",
            Self::OthersSignedOut => "others_signed_out",
            Self::DeviceSignedOut => "device_signed_out",
            Self::SessionSignedOut => "session_signed_out",
            Self::AppOff => "second_factor_off",
            Self::EmailRequested => "email_requested",
            Self::EmailChanged => "email_changed",
            Self::AccountProvisioned => "account_provisioned",
            Self::WelcomeNotMailed => "welcome_not_mailed",
            Self::WelcomeResent => "welcome_resent",
            Self::ResetStarted => "reset_started",
            Self::AccountEmailChanged => "account_email_changed",
            Self::ChangeRequired => "change_required",
            Self::MarkedCompromised => "marked_compromised",
            Self::AccountSignedOut => "account_signed_out",
            Self::SecondFactorReset => "second_factor_reset",
            Self::AccountDeactivated => "account_deactivated",
            Self::AccountReactivated => "account_reactivated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Notice;

    #[test]
    fn a_number_names_the_notice_it_came_from() {
        for (index, notice) in Notice::ALL.into_iter().enumerate() {
            assert_eq!(notice as usize, index);
            assert_eq!(Notice::parse(&notice.number()), Some(notice));
        }
        assert_eq!(Notice::parse(&Notice::ALL.len().to_string()), None);
    }
}
