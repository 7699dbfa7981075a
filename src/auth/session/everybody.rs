//! Sessions as operators see and end them.

use crate::auth::Operator;
use crate::engine::Decision;
use crate::error::{OperatorError, Unavailable};
use crate::event::EventKind;
use crate::session::{Session, SharingSigns, SignOutSweep};
use crate::store::UserDirectory;
use crate::types::{BackendError, BackendErrorKind, CLOCK_GRACE, UserId, after};
use crate::user::User;

/// How many accounts one page of the directory holds.
const PAGE: u32 = 200;

/// # Sessions
impl Operator {
    /// Returns a user's live sessions, the most recently used first.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn sessions(&self, user: &UserId) -> Result<Vec<Session>, OperatorError> {
        let user = self.find(user).await?;
        Ok(self.engine().sessions.list(&user, None))
    }

    /// Returns how a user's account was used in the last seven days, to judge whether several people share it.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn sharing_signs(&self, user: &UserId) -> Result<SharingSigns, OperatorError> {
        Ok(self.find(user).await?.sharing_signs(self.engine().now()))
    }

    /// Ends every session, and every sign-in under way, of every user. Call it after restoring a backup, or when a key
    /// has leaked.
    ///
    /// It processes the accounts one by one, so it takes a while. To sign everybody out at once, first restart the
    /// processes with [`SessionConfig::not_before`](crate::session::SessionConfig::not_before). A session is rejected,
    /// in every process, as soon as its account has been processed. Sessions that began after the sweep's instant
    /// continue.
    ///
    /// Only sessions and sign-ins under way end. Devices stay known, remembered ones still skip the code, and temporary passwords
    /// and reset links stay valid until they expire: by default after an hour, a first password after 24 hours. After restoring a
    /// backup, wait that long before you let people in.
    ///
    /// When this returns `Ok`, nothing that began before that instant is left: an account that appears later has
    /// nothing older, and a deactivated one has no sessions. After an error, or if the future was dropped, call it
    /// again with the same sweep: it continues where it stopped. Starting over is also safe.
    ///
    /// # Errors
    /// [`Unavailable`]: a store failed, or some accounts could not be read ([`SignOutSweep::unreadable`]); those are reached
    /// after all others. The sweep is not complete.
    ///
    /// ```
    /// use doorward::Operator;
    /// use doorward::error::Unavailable;
    /// use doorward::session::SignOutSweep;
    /// use doorward::store::UserDirectory;
    ///
    /// async fn after_a_restore(operator: &Operator, users: &impl UserDirectory) -> Result<u64, Unavailable> {
    ///     let mut sweep = SignOutSweep::new();
    ///     let mut failures = 0;
    ///     while let Err(error) = operator.sign_out_everybody(users, &mut sweep).await {
    ///         failures += 1;
    ///         if failures > 5 {
    ///             return Err(error); // not everybody is out: `sweep.is_complete()` is false
    ///         }
    ///     }
    ///     Ok(sweep.signed_out())
    /// }
    /// ```
    pub async fn sign_out_everybody(
        &self,
        directory: &(impl UserDirectory + ?Sized),
        sweep: &mut SignOutSweep,
    ) -> Result<(), Unavailable> {
        let engine = self.engine();
        engine.open()?;
        let latest = after(engine.now(), CLOCK_GRACE);
        sweep.before = Some(sweep.before.map_or(latest, |before| before.min(latest)));
        // Those that an earlier call could not read.
        let mut left = 0;
        while let Some(id) = sweep.unreadable.get(left).cloned() {
            match self.process(&id, sweep).await? {
                true => drop(sweep.unreadable.remove(left)),
                false => left += 1,
            }
        }
        while !sweep.listed {
            let page = directory.list_ids(sweep.after.as_ref(), PAGE).await?;
            sweep.listed = page.is_empty();
            if sweep.after.is_some() && page.last() == sweep.last() {
                // The directory does not go on.
                return Err(BackendError::new(BackendErrorKind::Unreadable).into());
            }
            for id in page {
                if !self.process(&id, sweep).await? {
                    sweep.unreadable.push(id.clone());
                }
                sweep.after = Some(id);
            }
        }
        sweep.complete = sweep.unreadable.is_empty();
        match sweep.complete {
            true => Ok(()),
            false => Err(BackendError::new(BackendErrorKind::Unreadable).into()),
        }
    }

    /// Ends what one account has to end, and counts it; `false` if the account cannot be read.
    async fn process(&self, id: &UserId, sweep: &mut SignOutSweep) -> Result<bool, Unavailable> {
        match self.sign_out(id, sweep).await {
            Ok(ended) => {
                sweep.signed_out += u64::from(ended);
                sweep.accounts += 1;
                Ok(true)
            }
            Err(Unavailable::Backend(error)) if error.kind() == BackendErrorKind::Unreadable => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends what one account has to end, and returns whether there was anything.
    async fn sign_out(&self, id: &UserId, sweep: &SignOutSweep) -> Result<bool, Unavailable> {
        let engine = self.engine();
        let Some(user) = engine.users.find_by_id(id).await? else { return Ok(false) };
        let before = sweep.before.unwrap_or(engine.now());
        let outcome = engine
            .users
            .commit(user, |user: &User, fresh| match user.end_what_began_before(before, engine.now(), fresh) {
                Some(next) => Decision::store(next, true).reporting(EventKind::SignedOutEverywhere).by(self.acting()),
                None => Decision::Answer(false),
            })
            .await?;
        Ok(outcome.done().is_some_and(|(ended, _)| ended))
    }
}
