//! Addresses that mail does not reach: what a mail provider reports, and what an operator finds out.

use super::Operator;
use crate::account::UndeliverableReason;
use crate::engine::{Decision, Found};
use crate::error::{OperatorError, Unavailable};
use crate::event::EventKind;
use crate::types::{Email, UserId};
use crate::user::{Reported, User};

/// # Addresses that mail does not reach
impl Operator {
    /// Records that an address cannot be reached: call it for a hard bounce or a complaint that your mail provider reports, not
    /// for a transient bounce. [`UserOverview::undeliverable`](crate::account::UserOverview::undeliverable) then shows it, the event
    /// is [`Undeliverable`](EventKind::Undeliverable), and mails that are [owed](crate::AuthBuilder::owed_mails) to the address at
    /// that moment are given up.
    ///
    /// It locks nobody out. Passwords, sessions and links keep working, and every later mail is sent as usual, so the owner
    /// can still reset the password. It is cleared when someone uses a link or a temporary password that was mailed after the first
    /// report, by [`correct_email`](Self::correct_email), and by [`clear_undeliverable`](Self::clear_undeliverable).
    ///
    /// Reporting twice changes nothing, so your provider may repeat its calls. For an unknown address, it does nothing and
    /// returns `Ok`.
    ///
    /// **Security.** It believes its caller, so verify the signature of your provider's webhook first. A forged report
    /// drops notices that are still owed, for example of a changed password. The result is the same for every address, but the time
    /// it takes is not.
    ///
    /// # Errors
    /// [`Unavailable`] if a store failed: let the provider repeat the call.
    ///
    /// ```
    /// use doorward::account::UndeliverableReason;
    /// use doorward::error::Unavailable;
    /// use doorward::{Email, Operator};
    ///
    /// /// One entry of the provider's webhook, whose signature was verified.
    /// async fn bounced(operator: &Operator, recipient: &str, kind: &str) -> Result<(), Unavailable> {
    ///     let reason = match kind {
    ///         "hard_bounce" => UndeliverableReason::HardBounce,
    ///         "complaint" => UndeliverableReason::Complaint,
    ///         _ => return Ok(()), // transient
    ///     };
    ///     let Ok(email) = Email::parse(recipient) else { return Ok(()) };
    ///     operator.report_undeliverable(&email, reason).await // after an error, answer 503
    /// }
    /// ```
    pub async fn report_undeliverable(&self, email: &Email, reason: UndeliverableReason) -> Result<(), Unavailable> {
        let engine = self.engine();
        engine.open()?;
        let found = engine.users.find_by_email(email).await?;
        let Found::Somebody(user) = engine.users.find_whole(&found, email).await? else { return Ok(()) };
        let outcome = engine.users.commit(user, |user, fresh| {
            // The address may have been corrected since.
            let reported = user.undeliverable(reason, engine.now(), fresh).filter(|_| user.email() == email);
            match reported {
                Some(Reported { user, is_new, given_up }) => {
                    let new = is_new.then_some(EventKind::Undeliverable { reason });
                    let given_up = given_up.into_iter().map(|mail| engine.users.given_up(mail));
                    Decision::store(user, ()).reporting_all(new).reporting_all(given_up).by(self.acting())
                }
                None => Decision::Answer(()),
            }
        });
        outcome.await?;
        Ok(())
    }

    /// Clears the mark of [`report_undeliverable`](Self::report_undeliverable), for example once the user's mailbox works again. Also
    /// remove the address from your provider's suppression list, or mail still does not reach it.
    ///
    /// # Errors
    /// [`OperatorError`]. It is no error if the address was not reported.
    pub async fn clear_undeliverable(&self, user: &UserId) -> Result<(), OperatorError> {
        self.change(user, EventKind::Deliverable, User::deliverable).await.map(drop)
    }
}
