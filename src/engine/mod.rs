//! Floor 8: the services that flows share, around the pure core. They draw randomness, read the clock and call the ports.

mod background;
mod backlog;
mod codes;
mod decision;
mod deletions;
mod device_tokens;
mod email_changes;
mod events;
mod hash_pool;
mod hashing;
mod holding;
mod housekeeping;
mod in_flight;
mod join;
mod journaling;
mod mailing;
mod new_passwords;
mod notices;
mod owed;
mod registrations;
mod reporting;
mod request_rate;
mod requests;
mod resets;
mod sessions;
mod throttle;
mod tokens;
mod tracker;
mod users;

use std::sync::Arc;

use time::OffsetDateTime;

pub(crate) use background::Background;
pub(crate) use backlog::Full;
pub(crate) use codes::{Coded, Codes};
pub(crate) use decision::{Decision, Happened};
pub(crate) use device_tokens::DeviceTokens;
pub(crate) use email_changes::{Asked, EmailChanges};
pub(crate) use events::Events;
pub(crate) use hash_pool::{Caller, Holder};
pub(crate) use hashing::{Hashing, SHORT_WHILE, StartError};
pub(crate) use holding::Holding;
pub(crate) use housekeeping::Housekeeping;
pub(crate) use in_flight::InFlight;
#[cfg(feature = "testing")]
pub use join::join_all;
pub(crate) use journaling::Journaling;
pub(crate) use mailing::{Mailing, OwedMails};
pub(crate) use new_passwords::{Hashed, NewPasswords, compare_and_hash};
pub(crate) use registrations::Registrations;
pub(crate) use reporting::Reporting;
pub(crate) use requests::Requests;
pub(crate) use resets::{Delivery, Resets};
pub(crate) use sessions::Sessions;
pub(crate) use throttle::{Admission, Bucket, Charged, Throttle};
pub(crate) use tokens::Tokens;
pub(crate) use users::{Committed, Found, Users};

use crate::config::Config;
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::user::User;

/// The services of one `Auth`. Each flow takes those it needs.
pub(crate) struct Engine {
    pub(crate) config: Config,
    pub(crate) events: Arc<Events>,
    pub(crate) users: Arc<Users>,
    pub(crate) throttle: Throttle,
    pub(crate) hashing: Arc<Hashing>,
    pub(crate) codes: Codes,
    pub(crate) new_passwords: NewPasswords,
    pub(crate) mailing: Arc<Mailing>,
    pub(crate) requests: Requests,
    pub(crate) sessions: Sessions,
    pub(crate) housekeeping: Housekeeping,
    pub(crate) holding: Option<Holding>,
}

impl Engine {
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.events.now()
    }

    /// Refuses once the `Auth` was closed.
    pub(crate) fn open(&self) -> Result<(), Unavailable> {
        self.housekeeping.open()
    }

    /// A failure of somebody who is signed in, which stored nothing of the account.
    pub(crate) async fn report_failure(&self, event: EventKind, user: &User) {
        self.events.report(event.clone()).user(user).send();
        self.users.enter_failure(user.id(), event, None).await;
    }

    /// Purges spent attempts after the response, when it is due.
    pub(crate) async fn purge_in_time(self: &Arc<Self>) {
        if self.housekeeping.purge_is_due(self.now()) {
            let engine = Arc::clone(self);
            // A failure was reported.
            self.housekeeping.background.run(async move { drop(engine.throttle.purge().await) }).await;
        }
    }
}
