//! What every way to a new password shares: the policy, the look-up of breaches, the judgement on reuse, the hash.

use super::{Engine, Permit};
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::hashing;
use crate::hashing::{HashMemory, HashParams, HashingError, PasswordHash};
use crate::password::{BreachLookup, NewPassword, PolicyContext, Rule, Violation};
use crate::types::Password;
use crate::user::{NewCredential, User};

/// A new password, judged for reuse.
pub(crate) enum Hashed {
    New(PasswordHash),
    Reused,
}

impl Engine {
    /// Checks a new password as far as it needs no hash. Every broken rule is named; the violations are an event too.
    pub(crate) async fn check_new_password(
        &self,
        user: &User,
        new: &Password,
    ) -> Result<Result<NewPassword, Vec<Violation>>, Unavailable> {
        let context = PolicyContext::new(self.site.name()).email(user.email()).temporary(user.temporary_digest());
        let mut checked = self.config.password.check(new, &context);
        if let Ok(accepted) = &checked
            && self.is_breached(accepted.password()).await?
        {
            checked = Err(vec![Violation::of(Rule::Breached)]);
        }
        if let Err(violations) = &checked {
            self.report(EventKind::PasswordRejected { violations: violations.len() }).user(user).send();
        }
        Ok(checked)
    }

    async fn is_breached(&self, password: &Password) -> Result<bool, Unavailable> {
        let Some(breached) = &self.breached else { return Ok(false) };
        match breached.contains(password).await {
            Ok(known) => Ok(known),
            Err(error) => {
                self.report(EventKind::BreachLookupFailed { error: error.kind(), code: error.code_for_events() })
                    .send();
                match self.config.password.breached {
                    Some(BreachLookup::FailOpen) => Ok(false),
                    _ => Err(error.into()),
                }
            }
        }
    }

    /// The violation of a password that was used before; it is an event too.
    pub(crate) fn reused(&self, user: &User) -> Vec<Violation> {
        self.report(EventKind::PasswordRejected { violations: 1 }).user(user).send();
        vec![Violation::of(self.config.password.reused())]
    }

    /// A hashed new password as it is kept, and what it replaces, by the settings.
    pub(crate) fn new_credential(&self, user: &User, hash: &PasswordHash) -> Result<NewCredential, Unavailable> {
        let (history, links_set_passwords) = (self.config.password.history, self.config.links_set_passwords());
        Ok(NewCredential { hash: self.keep(hash, user.id())?, history, links_set_passwords })
    }

    /// Judges reuse and hashes, in one job.
    pub(crate) async fn hash_new(&self, permit: Permit, user: &User, new: NewPassword) -> Result<Hashed, Unavailable> {
        let refused = self.readable(user, &user.refused_hashes(self.config.password.history));
        let params = self.config.hashing.params;
        let hashed = permit.run(move |memory| judge_and_hash(&new, &refused, params, memory)).await;
        Ok(hashed.map_err(|_| Unavailable::Closed)??)
    }
}

/// Verifies the new password against each hash it must not match, then hashes it. Also tells how many hashes that took.
pub(crate) fn judge_and_hash(
    new: &NewPassword,
    refused: &[PasswordHash],
    params: HashParams,
    memory: &mut HashMemory,
) -> (Result<Hashed, HashingError>, u64) {
    let mut hashes = 0;
    for hash in refused {
        hashes += 1;
        if hash.verify(new.password(), memory) {
            return (Ok(Hashed::Reused), hashes);
        }
    }
    (hashing::hash(new.password(), params, memory).map(Hashed::New), hashes + 1)
}
