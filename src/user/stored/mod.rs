//! What is stored of a user: data without behaviour of its own. Every struct keeps the fields it does not know, so that an older
//! release which loads and stores a user loses nothing that a newer one wrote. Only proofs and forgiven failures have a fixed form:
//! what a newer release knows about them stands beside them.

mod any_release;
mod challenge;
mod deletion;
mod device;
mod document;
mod email_change;
mod extra;
mod journal;
mod owed;
mod password;
mod reset;
mod second_factor;
mod session;
mod undeliverable;

pub(crate) use challenge::Assurance;
pub(super) use challenge::{NextStep, StoredChallenge};
pub(super) use deletion::StoredDeletion;
pub(super) use device::{StoredDevice, StoredGrade};
pub(super) use document::Document;
pub(super) use email_change::{EmailChanges, EmailUndo, PendingEmail};
pub(super) use extra::Extra;
pub(super) use journal::{EnteredFailures, StoredJournal};
pub(super) use owed::StoredOwed;
pub(super) use password::{StoredPassword, StoredTemporary, TemporaryOrigin};
pub(super) use reset::{ResetState, StoredLink};
pub(super) use second_factor::{Failures, Forgiveness, PendingTotp, SecondFactor, StoredTotp};
pub(super) use session::{StoredSession, StoredSessions};
pub(super) use undeliverable::StoredUndeliverable;
