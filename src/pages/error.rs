use thiserror::Error;

/// Why [`Pages`](super::Pages) were not built: a setting of the [`Auth`](crate::Auth) or of the pages does not fit. A programming
/// error, found at the start of the program.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{setting} {problem}")]
pub struct PagesError {
    setting: &'static str,
    problem: &'static str,
}

impl PagesError {
    pub(super) const fn new(setting: &'static str, problem: &'static str) -> Self {
        Self { setting, problem }
    }

    /// The setting at fault, such as `keyring` or `site.reset_path`.
    pub fn setting(&self) -> &'static str {
        self.setting
    }

    /// A stable name in snake_case.
    pub fn code(&self) -> &'static str {
        "pages_invalid"
    }
}
