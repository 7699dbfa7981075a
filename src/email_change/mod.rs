//! A change of the address of an account: asked for, confirmed, taken back.
//!
//! ```text
//! Auth::request_email_change   in a session, with a fresh proof   → a link goes to the new address, a notice to the current one
//! Auth::confirm_email_change   in a session of the same user      → the address changes; the one before is mailed the way back
//! Auth::undo_email_change      by that mail, for seven days       → the account has the address before again, and only its owner gets in
//! ```
//!
//! [`Operator::change_email`](crate::Operator::change_email) changes it for people who cannot sign in or have lost their mailbox.

mod values;

pub use values::{EmailChangeRequested, EmailChangeUndone, EmailLinkStatus};

pub use crate::auth::EmailChangeRequest;
pub use crate::error::email_change::{
    ChangeEmailError, ConfirmEmailChangeError, RequestEmailChangeError, UndoEmailChangeError,
};
