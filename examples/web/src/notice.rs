/// A message on the next page about the step just taken. A cookie carries its number, so that no link can make a page show one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notice {
    SignedOut,
    SessionEnded,
    PasswordChanged,
    PasswordChosen,
    Confirmed,
    OthersSignedOut,
    DeviceSignedOut,
    SessionSignedOut,
    AppOff,
    Opened,
    Resent,
    Deactivated,
    Reactivated,
    ChangeRequired,
    ResetStarted,
    FactorReset,
    ClockMoved,
    MailboxCleared,
}

impl Notice {
    const ALL: [Self; 18] = [
        Self::SignedOut,
        Self::SessionEnded,
        Self::PasswordChanged,
        Self::PasswordChosen,
        Self::Confirmed,
        Self::OthersSignedOut,
        Self::DeviceSignedOut,
        Self::SessionSignedOut,
        Self::AppOff,
        Self::Opened,
        Self::Resent,
        Self::Deactivated,
        Self::Reactivated,
        Self::ChangeRequired,
        Self::ResetStarted,
        Self::FactorReset,
        Self::ClockMoved,
        Self::MailboxCleared,
    ];

    pub fn number(self) -> String {
        (self as usize).to_string()
    }

    pub fn parse(number: &str) -> Option<Self> {
        number.parse().ok().and_then(|number: usize| Self::ALL.get(number).copied())
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::SignedOut => "You are signed out.",
            Self::SessionEnded => "Please sign in again. Your session has ended, or the last step took too long.",
            Self::PasswordChanged => "Password changed. Other devices were signed out. We emailed you a confirmation.",
            Self::PasswordChosen => "Your new password is set. We emailed you a confirmation.",
            Self::Confirmed => "Thank you. You can continue now.",
            Self::OthersSignedOut => "You are signed out everywhere else.",
            Self::DeviceSignedOut => "The device was signed out and forgotten.",
            Self::SessionSignedOut => "Signed out there.",
            Self::AppOff => "Two-step sign-in is off. We emailed you a confirmation.",
            Self::Opened => "Account created. Its first password was emailed.",
            Self::Resent => "A new first password was emailed.",
            Self::Deactivated => "The account is deactivated.",
            Self::Reactivated => "The account is active again.",
            Self::ChangeRequired => "The next sign-in will ask for a new password.",
            Self::ResetStarted => "A reset link is on its way, unless one was sent in the last few minutes.",
            Self::FactorReset => "The authenticator app was removed. We emailed its owner.",
            Self::ClockMoved => "The clock has moved forward.",
            Self::MailboxCleared => "The mailbox is empty.",
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
        assert_eq!(Notice::parse("18"), None);
    }
}
