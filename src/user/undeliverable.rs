//! An address that mail does not reach: reported, and cleared once a mail has arrived.

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::owed_mail::OwedMail;
use super::state::User;
use super::stored::{Document, Extra, StoredOwed, StoredUndeliverable};
use crate::account::{Undeliverable, UndeliverableReason};

/// What a report changes.
pub(crate) struct Reported {
    pub(crate) user: User,
    /// Whether the address was not known to be undeliverable before.
    pub(crate) is_new: bool,
    /// The mails that are not tried again.
    pub(crate) given_up: Vec<OwedMail>,
}

impl User {
    /// Records that mail does not reach the address, and gives up what is owed. `None` if both are so already. What is mailed later
    /// is sent as always: whoever asks for a reset may have a mailbox that works again.
    pub(crate) fn undeliverable(
        &self,
        reason: UndeliverableReason,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<Reported> {
        let is_new = self.document.undeliverable.is_none();
        // What goes to an earlier address is no concern of this one.
        let goes_here = |owed: &StoredOwed| owed.to.as_ref().is_none_or(|to| *to == self.email);
        let given_up: Vec<_> =
            self.document.owed.known.iter().filter(|owed| goes_here(owed)).map(|owed| owed.mail).collect();
        (is_new || !given_up.is_empty()).then(|| {
            let user = self.next(fresh, |document| {
                document.owed.known.retain(|owed| !goes_here(owed));
                let reported =
                    || StoredUndeliverable { since: now, reason: reason.as_str().into(), extra: Extra::new() };
                document.undeliverable.get_or_insert_with(reported);
            });
            Reported { user, is_new, given_up }
        })
    }

    /// Mail reaches the address again. `None` if it was not reported.
    pub(crate) fn deliverable(&self, fresh: &Fresh) -> Option<User> {
        let is_reported = self.document.undeliverable.is_some();
        is_reported.then(|| self.next(fresh, |document| document.undeliverable = None))
    }

    pub(super) fn reported_undeliverable(&self) -> Option<Undeliverable> {
        let reported = self.document.undeliverable.as_ref()?;
        Some(Undeliverable::new(reported.since, UndeliverableReason::named(&reported.reason)))
    }
}

impl Document {
    /// Somebody has used what was mailed then: mail reaches the address. One that was mailed before the report proves nothing, since
    /// a mail that arrived may be the one that its recipient marked as spam.
    pub(super) fn mail_arrived(&mut self, mailed_at: OffsetDateTime, now: OffsetDateTime) {
        // A report of the future was dated before the clock was set back.
        self.undeliverable.take_if(|reported| reported.since <= mailed_at || reported.since > now);
    }
}
