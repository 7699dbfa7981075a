/// What the next page says about the step just taken. A cookie carries its number, so that no link can make a page say it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notice {
    SignedOut,
    SessionEnded,
    PasswordChanged,
    PasswordChosen,
    Confirmed,
    OthersSignedOut,
    DeviceSignedOut,
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
    const ALL: [Self; 17] = [
        Self::SignedOut,
        Self::SessionEnded,
        Self::PasswordChanged,
        Self::PasswordChosen,
        Self::Confirmed,
        Self::OthersSignedOut,
        Self::DeviceSignedOut,
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
            Self::SessionEnded => "Please sign in again. Your session has ended, or the step before took too long.",
            Self::PasswordChanged => "Password changed. Other devices were signed out. We emailed you about it.",
            Self::PasswordChosen => "Your new password is set. We emailed you about it.",
            Self::Confirmed => "Thank you. Now you can go on.",
            Self::OthersSignedOut => "All other devices were signed out.",
            Self::DeviceSignedOut => "The device was signed out.",
            Self::AppOff => "Two-step sign-in is off. We emailed you about it.",
            Self::Opened => "The account is open, and its first password was mailed.",
            Self::Resent => "A fresh first password was mailed.",
            Self::Deactivated => "The account is deactivated.",
            Self::Reactivated => "The account is active again.",
            Self::ChangeRequired => "The next sign-in leads to a new password.",
            Self::ResetStarted => "If a mail is allowed now, a link to confirm the reset is on its way.",
            Self::FactorReset => "The second factor was taken off. Its owner was emailed about it.",
            Self::ClockMoved => "Time has moved forward.",
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
        assert_eq!(Notice::parse("17"), None);
    }
}
