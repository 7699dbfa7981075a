//! What every way to a new password shares: the policy, the look-up of breaches, the check for reuse, the hash.

use std::sync::Arc;

use super::events::Events;
use super::hash_pool::Permit;
use super::hashing::Hashing;
use super::in_flight::InFlight;
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::hashing::{self, HashMemory, HashParams, HashingError, PasswordHash};
use crate::password::{BreachLookup, BreachedPasswords, NewPassword, PasswordPolicy, PolicyContext, Rule, Violation};
use crate::types::{Email, Password};
use crate::user::{NewCredential, User};

pub(crate) struct NewPasswords {
    pub(crate) policy: PasswordPolicy,
    pub(crate) breached: Option<Arc<dyn BreachedPasswords>>,
    pub(crate) service: String,
    pub(crate) hashing: Arc<Hashing>,
    pub(crate) events: Arc<Events>,
    /// Whether a reset link by itself authorises setting a password.
    pub(crate) links_set_passwords: bool,
    /// Challenges and links for which a hash is being computed.
    pub(crate) in_flight: InFlight,
}

/// A new password that was compared with earlier ones.
pub(crate) enum Hashed {
    New(PasswordHash),
    Reused,
}

impl NewPasswords {
    /// What a password for that address breaks, as far as it can be judged without hashing.
    pub(crate) fn context(&self) -> PolicyContext<'_> {
        PolicyContext::new(&self.service)
    }

    /// Checks a new password as far as it needs no hash. The violations are all named, and reported.
    pub(crate) async fn check(
        &self,
        user: &User,
        new: &Password,
    ) -> Result<Result<NewPassword, Vec<Violation>>, Unavailable> {
        let context = self.context().email(user.email()).temporary(user.temporary_digest());
        let checked = self.check_in(&context, new).await?;
        if let Err(violations) = &checked {
            self.events.report(EventKind::PasswordRejected { violations: violations.len() }).user(user).send();
        }
        Ok(checked)
    }

    /// Checks the first password of somebody who has no account yet.
    pub(crate) async fn check_first(
        &self,
        email: &Email,
        new: &Password,
    ) -> Result<Result<NewPassword, Vec<Violation>>, Unavailable> {
        let checked = self.check_in(&self.context().email(email), new).await?;
        if let Err(violations) = &checked {
            self.events.report(EventKind::PasswordRejected { violations: violations.len() }).email(email).send();
        }
        Ok(checked)
    }

    async fn check_in(
        &self,
        context: &PolicyContext<'_>,
        new: &Password,
    ) -> Result<Result<NewPassword, Vec<Violation>>, Unavailable> {
        let mut checked = self.policy.check(new, context);
        if let Ok(accepted) = &checked
            && self.is_breached(accepted.password()).await?
        {
            checked = Err(vec![Violation::of(Rule::Breached)]);
        }
        Ok(checked)
    }

    async fn is_breached(&self, password: &Password) -> Result<bool, Unavailable> {
        let Some(breached) = &self.breached else { return Ok(false) };
        match breached.contains(password).await {
            Ok(known) => Ok(known),
            Err(error) => {
                let kind = EventKind::BreachLookupFailed { error: error.kind(), code: error.code_for_events() };
                self.events.report(kind).send();
                match self.policy.breached {
                    Some(BreachLookup::FailOpen) => Ok(false),
                    _ => Err(error.into()),
                }
            }
        }
    }

    /// The violation of a password that was used before. It is reported too.
    pub(crate) fn reused(&self, user: &User) -> Vec<Violation> {
        self.events.report(EventKind::PasswordRejected { violations: 1 }).user(user).send();
        vec![Violation::of(self.policy.reused())]
    }

    /// A hashed new password as it is kept, and what it replaces, by the settings.
    pub(crate) fn credential(&self, user: &User, hash: &PasswordHash) -> Result<NewCredential, Unavailable> {
        let (history, links_set_passwords) = (self.policy.history, self.links_set_passwords);
        Ok(NewCredential { hash: self.hashing.keep(hash, user.id())?, history, links_set_passwords })
    }

    /// Hashes the first password of an account that is being opened.
    pub(crate) async fn hash_first(&self, permit: Permit, new: NewPassword) -> Result<PasswordHash, Unavailable> {
        let params = self.hashing.params();
        let hashed = permit.run(move |memory| (hashing::hash(new.password(), params, memory), 1)).await;
        Ok(hashed.map_err(|_| Unavailable::Closed)??)
    }

    /// Compares with earlier passwords and hashes, in one job.
    pub(crate) async fn hash(&self, permit: Permit, user: &User, new: NewPassword) -> Result<Hashed, Unavailable> {
        let refused = self.hashing.readable(user, &user.refused_hashes(self.policy.history));
        let params = self.hashing.params();
        let hashed = permit.run(move |memory| compare_and_hash(&new, &refused, params, memory)).await;
        Ok(hashed.map_err(|_| Unavailable::Closed)??)
    }
}

/// Verifies the new password against each hash it must not match, then hashes it. Also returns how many hashes that took.
pub(crate) fn compare_and_hash(
    new: &NewPassword,
    refused: &[PasswordHash],
    params: HashParams,
    memory: &mut HashMemory,
) -> (Result<Hashed, HashingError>, u64) {
    let mut hashes = 0;
    // An imported hash is perhaps of the typed form. One of this crate's is of a canonical form, so only that one matches.
    let texts = [Some(new.password().expose()), new.password().other_typed()];
    for hash in refused {
        for text in texts.into_iter().flatten() {
            hashes += 1;
            if hash.verify(text, memory) {
                return (Ok(Hashed::Reused), hashes);
            }
        }
    }
    (hashing::hash(new.password(), params, memory).map(Hashed::New), hashes + 1)
}
