use core::time::Duration;

use thiserror::Error;

use super::{Unavailable, failure, not_accepted, please_wait};
use crate::password::Violation;
use crate::types::BackendError;

const OFF: &str = "Accounts are opened by our support here. Please contact us.";
const DOMAIN: &str = "Accounts are not open to email addresses of this domain.";

/// Why a registration was not requested. It never says whether the address has an account.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RequestRegistrationError {
    /// Registration is off, or by invitation only ([`RegistrationConfig::mode`](crate::config::RegistrationConfig::mode)).
    ///
    /// Status 403, code `registration_off`.
    #[error("registration is not open")]
    Off,
    /// The address is not of a domain that may register ([`RegistrationConfig::domains`](crate::config::RegistrationConfig::domains)).
    /// Decided by the address alone.
    ///
    /// Status 403, code `domain_not_allowed`.
    #[error("addresses of this domain may not register")]
    DomainNotAllowed,
    /// No decision was reached, or [`Busy`](Unavailable::Busy): too many have asked. Nothing was mailed; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(RequestRegistrationError {
    Self::Off => "registration_off", 403, OFF;
    Self::DomainNotAllowed => "domain_not_allowed", 403, DOMAIN;
} unavailable Unavailable);

/// Why nobody was invited.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InviteError {
    /// Registration is off ([`RegistrationConfig::mode`](crate::config::RegistrationConfig::mode)).
    ///
    /// Status 403, code `registration_off`.
    #[error("registration is off")]
    Off,
    /// The address is not of a domain that members may invite. Only for [`Auth::invite`](crate::Auth::invite).
    ///
    /// Status 403, code `domain_not_allowed`.
    #[error("addresses of this domain may not register")]
    DomainNotAllowed,
    /// The address has an account. Only for [`Operator::invite`](crate::Operator::invite): a member is not told.
    ///
    /// Status 409, code `email_taken`.
    #[error("another account has this address")]
    EmailTaken,
    /// The session has ended. Only for [`Auth::invite`](crate::Auth::invite). The user signs in again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// The mailer rejected the mail. Nothing is stored: invite again. Only for [`Operator::invite`](crate::Operator::invite).
    ///
    /// Status 503, code `mail_failed`.
    #[error("the mail was not accepted")]
    MailFailed {
        /// The mailer's error. For the log, not for the page.
        source: BackendError,
    },
    /// No decision was reached, or [`Busy`](Unavailable::Busy): this member has invited too many. Retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(InviteError {
    Self::Off => "registration_off", 403, OFF;
    Self::DomainNotAllowed => "domain_not_allowed", 403, DOMAIN;
    Self::EmailTaken => "email_taken", 409, "There is an account with this address already.";
    Self::SessionEnded => "session_ended", 401, "Your session has ended. Please sign in again.";
    Self::MailFailed { .. } => "mail_failed", 503, "We could not send the mail. Please try again in a few minutes.";
} unavailable Unavailable);

/// Why no account was opened. Whoever holds the link reads the mailbox, so nothing is kept from them.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The link was used, has expired, or was never issued; or the address has an account by now. The user signs in, or asks for a
    /// new link.
    ///
    /// Status 400, code `link_invalid`.
    #[error("link invalid, used or expired")]
    LinkInvalid,
    /// The text has not the form of a link's token, as when a mail client cut the link off. Decided by the form alone. The user
    /// copies the whole link.
    ///
    /// Status 400, code `link_damaged`.
    #[error("link damaged")]
    LinkDamaged,
    /// The password breaks the policy. Nothing changed and the link remains valid. Show every violation.
    ///
    /// Status 422, code `password_rejected`.
    #[error("the password breaks {} rules", .violations.len())]
    Rejected {
        /// All violations, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// Another request is using this link right now.
    ///
    /// Status 409, code `in_progress`.
    #[error("the link is in use")]
    InProgress {
        /// A short wait.
        retry_after: Duration,
    },
    /// No decision was reached. If a store failed, the account may exist: sign in to find out, or retry.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(RegisterError {
    Self::LinkInvalid => "link_invalid", 400, "This link has been used or has expired. Please sign in, or ask for a new link.";
    Self::LinkDamaged => "link_damaged", 400, "This link is incomplete or was changed on its way to you. Please copy the whole link from the email, or ask for a new one.";
    Self::Rejected { violations } => "password_rejected", 422, not_accepted(violations);
    Self::InProgress { retry_after } => "in_progress", 409, please_wait(*retry_after), retry retry_after;
} unavailable Unavailable rejected Rejected);
