//! Leaving: the owner's own deletion of an account, and a copy of what the crate knows of a person.
//!
//! [`Auth::request_deletion`](crate::Auth::request_deletion) schedules the deletion and mails a link with which the owner may change
//! their mind ([`Auth::undo_deletion`](crate::Auth::undo_deletion)). When the time is over ([`DeletionConfig::grace`]),
//! [`Auth::deliver_owed`](crate::Auth::deliver_owed), its worker or [`Auth::purge_deleted`](crate::Auth::purge_deleted) deletes the
//! account. [`Auth::export`](crate::Auth::export) and [`Operator::export`](crate::Operator::export) return what is stored of a person
//! as one document. [`manual::leaving`](crate::manual::leaving) lists what remains where.
//!
//! [`DeletionConfig::grace`]: crate::config::DeletionConfig::grace

mod outcome;

pub use outcome::{DeletionRequested, UndoLinkStatus};

pub use crate::error::leaving::{ExportError, RequestDeletionError, UndoDeletionError};
