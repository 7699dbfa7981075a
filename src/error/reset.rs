use core::time::Duration;

use thiserror::Error;

use super::{Unavailable, failure, not_accepted, please_wait};
use crate::password::Violation;
use crate::second_factor::MalformedCode;
use crate::types::BackendError;

const LINK: &str = "This link has been used or has expired. Please ask for a new one.";

/// Why a reset link was not confirmed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfirmResetError {
    /// The link is malformed, was used, expired, or is of nobody. The user asks for a new one.
    #[error("the link does not work (any more)")]
    LinkInvalid,
    /// A temporary password was mailed a moment ago and still works. If it does not arrive, the same link mails another
    /// one after this wait.
    #[error("confirmed already")]
    AlreadyConfirmed {
        /// The rest of the cooldown.
        retry_after: Duration,
    },
    /// The temporary password is installed, but the mailer did not accept the mail. The same link mails another one after
    /// this wait.
    #[error("the mail was not accepted")]
    MailFailed {
        /// The cooldown.
        retry_after: Duration,
        /// Why, as the mailer told it. For the log, not for the page.
        source: BackendError,
    },
    /// Links are not confirmed in the mode [`ChooseNewPassword`](crate::config::ResetMode::ChooseNewPassword); the host calls
    /// [`complete_reset`](crate::Auth::complete_reset) instead. A mistake of the program, not of its user.
    #[error("links are not confirmed in this reset mode")]
    OtherMode,
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ConfirmResetError {
    Self::LinkInvalid => "link_invalid", 400, LINK;
    Self::AlreadyConfirmed { retry_after } => "already_confirmed", 409, "A temporary password was mailed to you a moment ago.", retry retry_after;
    Self::MailFailed { retry_after, .. } => "mail_failed", 503, "We could not send the mail. Please use the same link again in a few minutes.", retry retry_after;
    Self::OtherMode => "other_mode", 500, "Something went wrong on our side.";
} unavailable Unavailable);

/// Why a reset link did not set a password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompleteResetError {
    /// The link is malformed, was used, expired, was tried ten times, or is of nobody. The user asks for a new one.
    #[error("the link does not work (any more)")]
    LinkInvalid,
    /// The new password breaks the policy. Nothing changed and the link still works: show every violation.
    #[error("the new password breaks {} rules", .violations.len())]
    Rejected {
        /// All of them, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// The account has a second factor: ask for a code and call
    /// [`complete_reset_with_code`](crate::Auth::complete_reset_with_code). Nothing changed and the link still works.
    #[error("a code is needed")]
    CodeNeeded,
    /// The text is no code. It was not evaluated and not counted.
    #[error("malformed code")]
    CodeMalformed,
    /// The code is wrong or was used before. It is counted, and the link still works.
    #[error("the code is wrong")]
    CodeWrong,
    /// The wait after the last wrong code is not over. This one was not evaluated.
    #[error("throttled")]
    Throttled {
        /// The rest of the wait.
        retry_after: Duration,
    },
    /// This link is being used at this moment.
    #[error("the link is in use")]
    InProgress {
        /// A short while.
        retry_after: Duration,
    },
    /// In the mode [`TemporaryPassword`](crate::config::ResetMode::TemporaryPassword) a link is confirmed
    /// ([`confirm_reset`](crate::Auth::confirm_reset)) and sets no password. A mistake of the program, not of its user.
    #[error("links set no password in this reset mode")]
    OtherMode,
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(CompleteResetError {
    Self::LinkInvalid => "link_invalid", 400, LINK;
    Self::Rejected { violations } => "password_rejected", 422, not_accepted(violations);
    Self::CodeNeeded => "code_needed", 401, "Please enter a code of your authenticator app as well.";
    Self::CodeMalformed => "code_malformed", 422, "Please enter the digits of your authenticator app, or one of your recovery codes.";
    Self::CodeWrong => "code_wrong", 401, "This code is not right, or was used before.";
    Self::Throttled { retry_after } => "throttled", 429, please_wait(*retry_after), retry retry_after;
    Self::InProgress { retry_after } => "in_progress", 409, please_wait(*retry_after), retry retry_after;
    Self::OtherMode => "other_mode", 500, "Something went wrong on our side.";
} unavailable Unavailable rejected Rejected);

impl From<MalformedCode> for CompleteResetError {
    fn from(_: MalformedCode) -> Self {
        Self::CodeMalformed
    }
}
