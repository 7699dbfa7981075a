use core::time::Duration;

use super::{Auth, SignedIn, find, may};
use crate::engine::{Committed, Decision, Engine};
use crate::error::leaving::RequestDeletionError;
use crate::event::EventKind;
use crate::leaving::DeletionRequested;
use crate::mail::MailKind;
use crate::types::after;
use crate::user::{OwedMail, User};

/// # Leaving: the deletion
impl Auth {
    /// Closes the user's own account, and has it deleted once [`DeletionConfig::grace`](crate::config::DeletionConfig::grace) is over, 14
    /// days by default. The owner is mailed when that will be, and a link with which they may change their mind
    /// ([`undo_deletion`](Self::undo_deletion)). Delete the session cookie and the device cookie: every session and device has ended.
    ///
    /// From then on the account is like a deactivated one: a sign-in fails like any other failure, and a reset mails nothing. Only the
    /// mailed link and an operator's [`reactivate`](crate::Operator::reactivate) bring it back, without its sessions and devices. An
    /// operator's [`deactivate`](crate::Operator::deactivate) is stronger: the link is void, and the account stays, deactivated, until an
    /// operator decides.
    ///
    /// **The crate has no timer.** A worker of [owed mails](crate::AuthBuilder::owed_mails), [`deliver_owed`](Self::deliver_owed) and
    /// [`purge_deleted`](Self::purge_deleted) delete what is due; without any of them the account stays closed and is never deleted.
    /// What you store of the person yourself is yours to delete: do so when the account is gone, since the grace is for that too.
    ///
    /// Without grace the account is deleted at once, and a mail says so that nothing repeats.
    ///
    /// # Errors
    /// [`RequestDeletionError`]: after [`StepUpRequired`](RequestDeletionError::StepUpRequired) ask for the proof it names. Only after
    /// [`MailFailed`](RequestDeletionError::MailFailed) is the deletion scheduled all the same.
    ///
    /// ```
    /// use doorward::leaving::{DeletionRequested, RequestDeletionError};
    /// use doorward::{Auth, SignedIn};
    ///
    /// async fn leave(auth: &Auth, ann: &SignedIn) -> Result<String, RequestDeletionError> {
    ///     match auth.request_deletion(ann).await {
    ///         Ok(DeletionRequested::Scheduled { gone_at, .. }) => Ok(format!("closed, and gone on {gone_at}: see your mail")),
    ///         Ok(_) => Ok("gone".to_owned()),
    ///         Err(RequestDeletionError::StepUpRequired { .. }) => Ok("ask for the password or a code first".to_owned()),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn request_deletion(&self, signed_in: &SignedIn) -> Result<DeletionRequested, RequestDeletionError> {
        let engine = &self.engine;
        let user = find(engine, signed_in).await?;
        let grace = engine.config.deletion.grace;
        if user.deletion_grace(grace, engine.now()).is_zero() {
            return delete(engine, &user, signed_in).await;
        }
        let outcome = engine
            .users
            .commit(user, |user, fresh| match may_delete(engine, user, signed_in) {
                Ok(()) => {
                    let now = engine.now();
                    let grace = user.deletion_grace(grace, now);
                    let (token, next) = user.request_deletion(grace, now, fresh);
                    Decision::store(next, Ok((token, grace, after(now, grace)))).reporting(EventKind::DeletionRequested)
                }
                Err(error) => Decision::Answer(Err(error)),
            })
            .await?;
        let Committed::Done(requested, user) = outcome else { return Err(RequestDeletionError::SessionEnded) };
        let (token, grace, gone_at) = requested?;
        let kind = engine.mailing.undo_link(&token, grace, gone_at);
        match engine.mailing.send(&user, OwedMail::DeletionRequested, kind).await {
            Ok(()) => Ok(DeletionRequested::Scheduled { gone_at }),
            Err(source) => Err(RequestDeletionError::MailFailed { gone_at, source }),
        }
    }
}

fn may_delete(engine: &Engine, user: &User, signed_in: &SignedIn) -> Result<(), RequestDeletionError> {
    may(engine, user, signed_in)?;
    let refused = user.deletion_refused_for(engine.now());
    refused.map_or(Ok(()), |retry_after| Err(RequestDeletionError::JustUndone { retry_after }))
}

/// Deletes the account in a state in which the session may do that. The mail is not owed: there is nobody left who could owe it.
async fn delete(engine: &Engine, user: &User, signed_in: &SignedIn) -> Result<DeletionRequested, RequestDeletionError> {
    let mut judged = Ok(());
    let events = [EventKind::DeletionRequested, EventKind::Deleted];
    let deleted = engine.users.delete_if(user.id(), None, &events, |user| {
        judged = may_delete(engine, user, signed_in);
        judged.is_ok() && user.deletion_grace(Duration::ZERO, engine.now()).is_zero()
    });
    let deleted = deleted.await?;
    judged?;
    if !deleted {
        return Err(RequestDeletionError::SessionEnded);
    }
    // A failure was reported.
    drop(engine.mailing.send_to(user.email(), MailKind::AccountDeleted { at: engine.now() }).await);
    Ok(DeletionRequested::Deleted)
}
