//! Floor 6: all that the crate knows of a user, and its pure transitions: one file for each concern. No IO, no clock, no
//! randomness: the time and the random values come in as arguments, the next state goes out.

mod challenge;
mod codes;
mod decoy;
mod device;
mod email_change;
mod email_undo;
mod enrollment;
mod export;
mod fresh;
mod head;
mod journal;
mod judged;
mod leaving;
mod notice;
mod overview;
mod owed;
mod owed_mail;
mod password;
mod progress;
mod provision;
mod register;
mod reset;
mod session;
mod session_limits;
mod sign_in;
mod snapshot;
mod state;
mod status;
mod step_up;
mod stored;
mod undeliverable;

pub(crate) use challenge::ChallengeLimits;
pub(crate) use codes::{AcceptedCode, CodeLimits, CodeVerdict, GivenFor, recovery_digests};
pub(crate) use decoy::{
    MOST_CHALLENGES_PER_CLASS, MOST_DEVICES, MOST_LINKS, MOST_PENDING_EMAILS, MOST_SESSIONS, USUAL_SESSIONS,
};
pub(crate) use device::{DeviceLimits, ShownDevice};
pub(crate) use email_change::{EmailChangeLimits, EmailConfirmation, EmailRequest};
pub(crate) use email_undo::EmailUndone;
pub(crate) use enrollment::NewTotp;
pub(crate) use export::PersonExport;
pub(crate) use fresh::Fresh;
pub use head::{UserHead, UserHeadRow};
pub(crate) use journal::{Entering, NotedTries};
pub(crate) use judged::{Judged, Replacement};
pub(crate) use notice::FailureNotice;
pub(crate) use owed::{Contents, Owed, OwedLimits, Taking};
pub(crate) use owed_mail::{MOST_EMAIL_UNDOS, Notice, OwedMail};
pub(crate) use password::NewCredential;
pub(crate) use progress::Progress;
pub(crate) use reset::{Confirmation, LinkLimits, NewLink, Recovery};
pub(crate) use session::OpenSession;
pub(crate) use session_limits::{SessionLimits, SessionWish};
pub(crate) use sign_in::{Completed, Passed, SignInRules, Step};
pub use snapshot::{SnapshotError, UserRow};
pub use state::User;
pub(crate) use stored::Assurance;
pub(crate) use undeliverable::Reported;
