use core::time::Duration;

use thiserror::Error;

use super::{Unavailable, WRONG_CODE, failure, not_accepted, please_wait};
use crate::password::Violation;
use crate::second_factor::MalformedCode;
use crate::types::BackendError;

const LINK: &str = "This link has been used or has expired. Please request a new one.";
const DAMAGED: &str = "This link is incomplete or was changed on its way to you. Please copy the whole link from the email, or request a new one.";

/// Why a reset link was not confirmed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfirmResetError {
    /// The link is used, expired or belongs to no account. The user requests a new one.
    ///
    /// Status 400, code `link_invalid`.
    #[error("link invalid, used or expired")]
    LinkInvalid,
    /// The text has not the form of a link's token, as when a mail client cut the link off. Decided by the form alone. The user
    /// copies the whole link, or requests a new one.
    ///
    /// Status 400, code `link_damaged`.
    #[error("link damaged")]
    LinkDamaged,
    /// A temporary password was mailed a moment ago and is still valid. If it does not arrive, the same link mails another one
    /// after this wait.
    ///
    /// Status 409, code `already_confirmed`.
    #[error("already confirmed")]
    AlreadyConfirmed {
        /// The remaining cooldown.
        retry_after: Duration,
    },
    /// The temporary password is set, but the mailer rejected the mail. The same link mails another one after this wait.
    ///
    /// Status 503, code `mail_failed`.
    #[error("the mail was not accepted")]
    MailFailed {
        /// The cooldown.
        retry_after: Duration,
        /// The mailer's error. For the log, not for the page.
        source: BackendError,
    },
    /// In the mode [`ChooseNewPassword`](crate::config::ResetMode::ChooseNewPassword), links are not confirmed; call
    /// [`complete_reset`](crate::Auth::complete_reset) instead. A programming error, not the user's.
    ///
    /// Status 500, code `other_mode`.
    #[error("links are not confirmed in this reset mode")]
    OtherMode,
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ConfirmResetError {
    Self::LinkInvalid => "link_invalid", 400, LINK;
    Self::LinkDamaged => "link_damaged", 400, DAMAGED;
    Self::AlreadyConfirmed { retry_after } => "already_confirmed", 409, "We have just mailed you a temporary password. Please check your inbox.", retry retry_after;
    Self::MailFailed { retry_after, .. } => "mail_failed", 503, "We could not send the mail. Please use the same link again in a few minutes.", retry retry_after;
    Self::OtherMode => "other_mode", 500, "Something went wrong on our side. Please contact us.";
} unavailable Unavailable);

/// Why a reset link did not set a password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompleteResetError {
    /// The link is used, expired, exhausted (10 tries) or belongs to no account. The user requests a new one.
    ///
    /// Status 400, code `link_invalid`.
    #[error("link invalid, used or expired")]
    LinkInvalid,
    /// The text has not the form of a link's token, as when a mail client cut the link off. Decided by the form alone. The user
    /// copies the whole link, or requests a new one.
    ///
    /// Status 400, code `link_damaged`.
    #[error("link damaged")]
    LinkDamaged,
    /// The new password breaks the policy. Nothing changed and the link remains valid. Show every violation.
    ///
    /// Status 422, code `password_rejected`.
    #[error("the new password breaks {} rules", .violations.len())]
    Rejected {
        /// All violations, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// The account has a second factor: ask for a code and call
    /// [`complete_reset_with_code`](crate::Auth::complete_reset_with_code). Nothing changed and the link remains valid.
    ///
    /// Status 401, code `code_needed`.
    #[error("a code is required")]
    CodeNeeded,
    /// Not a well-formed code. It was not evaluated or counted.
    ///
    /// Status 422, code `code_malformed`.
    #[error("malformed code")]
    CodeMalformed,
    /// The code is wrong or was used before. The failure counts, and the link remains valid.
    ///
    /// Status 401, code `code_wrong`.
    #[error("the code is wrong")]
    CodeWrong,
    /// The wait after the last wrong code has not passed. This code was not evaluated.
    ///
    /// Status 429, code `throttled`.
    #[error("throttled")]
    Throttled {
        /// The remaining wait.
        retry_after: Duration,
    },
    /// Another request is using this link right now.
    ///
    /// Status 409, code `in_progress`.
    #[error("the link is in use")]
    InProgress {
        /// A short wait.
        retry_after: Duration,
    },
    /// In the mode [`TemporaryPassword`](crate::config::ResetMode::TemporaryPassword), links are confirmed
    /// ([`confirm_reset`](crate::Auth::confirm_reset)) and set no password. A programming error, not the user's.
    ///
    /// Status 500, code `other_mode`.
    #[error("links set no password in this reset mode")]
    OtherMode,
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(CompleteResetError {
    Self::LinkInvalid => "link_invalid", 400, LINK;
    Self::LinkDamaged => "link_damaged", 400, DAMAGED;
    Self::Rejected { violations } => "password_rejected", 422, not_accepted(violations);
    Self::CodeNeeded => "code_needed", 401, "Please also enter a code from your authenticator app or a recovery code.";
    Self::CodeMalformed => "code_malformed", 422, "Please enter the digits from your authenticator app, or one of your recovery codes.";
    Self::CodeWrong => "code_wrong", 401, WRONG_CODE;
    Self::Throttled { retry_after } => "throttled", 429, please_wait(*retry_after), retry retry_after;
    Self::InProgress { retry_after } => "in_progress", 409, please_wait(*retry_after), retry retry_after;
    Self::OtherMode => "other_mode", 500, "Something went wrong on our side. Please contact us.";
} unavailable Unavailable rejected Rejected);

impl From<MalformedCode> for CompleteResetError {
    fn from(_: MalformedCode) -> Self {
        Self::CodeMalformed
    }
}
