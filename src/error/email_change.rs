use core::time::Duration;

use thiserror::Error;
use time::OffsetDateTime;

use super::step_up::{BY_CODE, BY_PASSWORD};
use super::{StepUp, Unavailable, failure, please_wait};
use crate::types::BackendError;

const ENDED: &str = "Your session has ended. Please sign in again.";
const LINK: &str = "This link has been used or has expired. Please ask for the change again.";
const UNDO_LINK: &str = "This link has been used or has expired. Please contact us.";
const DAMAGED: &str =
    "This link is incomplete or was changed on its way to you. Please copy the whole link from the email.";
const RECOVERY: &str =
    "A password reset is in progress for this account. Please finish it with the temporary password from your mail.";
const TAKEN: &str = "There is another account with this address already.";
const TOO_MANY: &str =
    "The address of this account was changed several times in the last days. Please try again later or contact us.";

/// Why a change of the address was not asked for. Nothing was stored or mailed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RequestEmailChangeError {
    /// The session has ended. The user signs in again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// The session has no proof from the last five minutes: the password or, with a second factor on, a code. Ask for what
    /// `needs` says.
    ///
    /// Status 403, code `password_proof_needed` or `code_proof_needed`.
    #[error("step-up required: {needs}")]
    StepUpRequired {
        /// What to ask for.
        needs: StepUp,
    },
    /// A confirmed reset is pending. Until it ends, knowing the password is not enough to change the address.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending {
        /// When it ends at the latest.
        until: OffsetDateTime,
    },
    /// The account has this address already, in canonical form.
    ///
    /// Status 422, code `same_email`.
    #[error("it is the address of the account")]
    SameEmail,
    /// The user made as many changes in seven days as can be taken back: five.
    ///
    /// Status 409, code `too_many_email_changes`.
    #[error("too many changes of the address")]
    TooManyChanges {
        /// How long until a further change is possible.
        retry_after: Duration,
    },
    /// This user has asked for this address, or for several others, a moment ago, or too many requests came from this client address.
    ///
    /// Status 429, code `throttled`.
    #[error("throttled")]
    Throttled {
        /// The remaining wait.
        retry_after: Duration,
    },
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(RequestEmailChangeError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::RecoveryPending { .. } => "recovery_pending", 409, RECOVERY;
    Self::SameEmail => "same_email", 422, "Your account has this address already.";
    Self::TooManyChanges { retry_after } => "too_many_email_changes", 409, TOO_MANY, retry retry_after;
    Self::Throttled { retry_after } => "throttled", 429, please_wait(*retry_after), retry retry_after;
} unavailable Unavailable);

/// Why a link did not change the address. Nothing changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfirmEmailChangeError {
    /// The session has ended. The user signs in, still with the previous address, and opens the link again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// The link is of another account than the session. The user signs in to that account, or does not know it: then someone else
    /// entered this user's address by mistake or to trick them.
    ///
    /// Status 409, code `other_account`.
    #[error("the link belongs to another account")]
    OtherAccount,
    /// The link is used, expired or void: every change of a credential voids it, and so does signing out other sessions. The user asks
    /// again.
    ///
    /// Status 400, code `link_invalid`.
    #[error("link invalid, used or expired")]
    LinkInvalid,
    /// The text has not the form of a link's token, as when a mail client cut the link off. Decided by the form alone.
    ///
    /// Status 400, code `link_damaged`.
    #[error("link damaged")]
    LinkDamaged,
    /// A confirmed reset is pending. Until it ends, knowing the password is not enough to change the address.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending {
        /// When it ends at the latest.
        until: OffsetDateTime,
    },
    /// Another account has the address by now. The holder of the link reads mail there, so they may be told.
    ///
    /// Status 409, code `email_taken`.
    #[error("another account has this address")]
    EmailTaken,
    /// The user made as many changes in seven days as can be taken back: five.
    ///
    /// Status 409, code `too_many_email_changes`.
    #[error("too many changes of the address")]
    TooManyChanges {
        /// How long until a further change is possible.
        retry_after: Duration,
    },
    /// If a store failed, the address may have changed: read the session again. Otherwise it has not.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ConfirmEmailChangeError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::OtherAccount => "other_account", 409, "This link belongs to another account than the one you are signed in to. If you did not ask for it, please do not use it.";
    Self::LinkInvalid => "link_invalid", 400, LINK;
    Self::LinkDamaged => "link_damaged", 400, DAMAGED;
    Self::RecoveryPending { .. } => "recovery_pending", 409, RECOVERY;
    Self::EmailTaken => "email_taken", 409, TAKEN;
    Self::TooManyChanges { retry_after } => "too_many_email_changes", 409, TOO_MANY, retry retry_after;
} unavailable Unavailable);

/// Why a change of the address was not taken back.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UndoEmailChangeError {
    /// The link is used, expired (seven days), or void: an operator changed the address or deactivated the account since.
    ///
    /// Status 400, code `link_invalid`.
    #[error("link invalid, used or expired")]
    LinkInvalid,
    /// The text has not the form of a link's token, as when a mail client cut the link off. Decided by the form alone.
    ///
    /// Status 400, code `link_damaged`.
    #[error("link damaged")]
    LinkDamaged,
    /// Another account has the address by now. Nothing changed, and the link remains valid. An operator decides.
    ///
    /// Status 409, code `email_taken`.
    #[error("another account has this address")]
    EmailTaken,
    /// The change was taken back, but the mailer rejected the mail with the temporary password. The user requests a reset.
    ///
    /// Status 503, code `mail_failed`.
    #[error("the mail was not accepted")]
    MailFailed {
        /// How long until a reset mails another temporary password.
        retry_after: Duration,
        /// The mailer's error. For the log, not for the page.
        source: BackendError,
    },
    /// If a store failed, the change may have been taken back: request a reset to find out. Otherwise it has not.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(UndoEmailChangeError {
    Self::LinkInvalid => "link_invalid", 400, UNDO_LINK;
    Self::LinkDamaged => "link_damaged", 400, DAMAGED;
    Self::EmailTaken => "email_taken", 409, "There is another account with this address by now. Please give that account another address and open this link again, or contact us.";
    Self::MailFailed { retry_after, .. } => "mail_failed", 503, "Your account has your address again, but we could not send the mail. Please choose \"Forgot your password?\" on the sign-in page in a few minutes.", retry retry_after;
} unavailable Unavailable);

/// Why an operator did not change an address. For operators, never for unauthenticated clients. Nothing changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChangeEmailError {
    /// There is no such user.
    ///
    /// Status 404, code `unknown_user`.
    #[error("no such user")]
    UnknownUser,
    /// The account is deactivated, so neither address would be told.
    ///
    /// Status 409, code `deactivated`.
    #[error("the account is deactivated")]
    Deactivated,
    /// The user has not chosen a password yet: [`correct_email`](crate::Operator::correct_email) also mails the first password
    /// to the right address.
    ///
    /// Status 409, code `no_password_chosen`.
    #[error("the user has not chosen a password yet")]
    NoPasswordChosen,
    /// The account has this address already, in canonical form.
    ///
    /// Status 422, code `same_email`.
    #[error("it is the address of the account")]
    SameEmail,
    /// Another account has the address.
    ///
    /// Status 409, code `email_taken`.
    #[error("another account has this address")]
    EmailTaken,
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ChangeEmailError {
    Self::UnknownUser => "unknown_user", 404, "There is no such user.";
    Self::Deactivated => "deactivated", 409, "The account is deactivated.";
    Self::NoPasswordChosen => "no_password_chosen", 409, "The user has not chosen a password yet. Please correct the address of the invitation instead.";
    Self::SameEmail => "same_email", 422, "The account has this address already.";
    Self::EmailTaken => "email_taken", 409, "There is an account with this address already.";
} unavailable Unavailable);
