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
}

impl Notice {
    const ALL: [Self; 8] = [
        Self::SignedOut,
        Self::SessionEnded,
        Self::PasswordChanged,
        Self::Confirmed,
        Self::OthersSignedOut,
        Self::DeviceSignedOut,
        Self::SessionSignedOut,
        Self::AppOff,
    ];

    pub(super) fn number(self) -> String {
        (self as usize).to_string()
    }

    pub(super) fn parse(number: &str) -> Option<Self> {
        number.parse().ok().and_then(|number: usize| Self::ALL.get(number).copied())
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::SignedOut => "You are signed out.",
            Self::SessionEnded => "Please sign in again. Your session has ended, or the last step took too long.",
            Self::PasswordChanged => "Password changed. Other devices were signed out. We emailed you a confirmation.",
            Self::Confirmed => "Thank you. You can continue now.",
            Self::OthersSignedOut => "You are signed out everywhere else.",
            Self::DeviceSignedOut => "The device was signed out and forgotten.",
            Self::SessionSignedOut => "Signed out there.",
            Self::AppOff => "Two-step sign-in is off. We emailed you a confirmation.",
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
