/// Which users are mailed about a sign-in from an unknown browser.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum NewDeviceNotice {
    /// None.
    Never,
    /// Users with a second factor. For them a new browser is rare, and means that someone has both password and code.
    #[default]
    WithSecondFactor,
    /// All users. Browsers forget cookies, so owners get used to these mails.
    Always,
}
