//! The password: verdicts about it, and setting a new one.

use core::time::Duration;

use time::OffsetDateTime;

use super::codes::AcceptedCode;
use super::device::{DeviceLimits, Evicts};
use super::fresh::Fresh;
use super::judged::{Judged, Replacement};
use super::owed_mail::Notice;
use super::progress::Progress;
use super::session::OpenSession;
use super::sign_in::{Passed, SignInRules};
use super::state::User;
use super::stored::{Assurance, Document, StoredPassword};
use crate::hashing::StoredHash;
use crate::session::{AuthMethod, Authentication};
use crate::types::Token;

/// A hashed new password, and what becomes of other things when it is set.
#[derive(Clone, Debug)]
pub(crate) struct NewCredential {
    pub(crate) hash: StoredHash,
    /// How many earlier hashes to keep.
    pub(crate) history: usize,
    /// Whether a reset link by itself authorises setting a password, so that it is as good as one.
    pub(crate) links_set_passwords: bool,
}

impl User {
    /// The hashes that a new password must not match: that of the last password, and of as many before it as the policy
    /// looks back. A password that was marked as compromised is the last one, though it is no longer the current one.
    pub(crate) fn refused_hashes(&self, history: usize) -> Vec<StoredHash> {
        let current = self.document.password.iter().map(|password| &password.hash);
        current.chain(&self.document.earlier_passwords).take(history.saturating_add(1)).cloned().collect()
    }

    /// A signed-in user changes the password. The acting session lives on; every other one and every device ends.
    pub(crate) fn change_password(
        &self,
        session: &OpenSession,
        new: NewCredential,
        devices: &DeviceLimits,
        fresh_proof: Duration,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (OpenSession, Option<Token>, User) {
        // A session and a password may both be stolen: without a fresh code neither the count of wrong ones is forgotten nor
        // the new device known as one on which a code was right.
        let by_code = self.has_second_factor() && self.is_freshly_proved(session, fresh_proof, now);
        let ((session, device), user) = self.next_with(fresh, |document| {
            document.set_password(new, by_code, now, fresh);
            document.mail(Notice::PasswordChanged);
            let remembered = document.remember_device(&self.id, None, devices, Evicts::Idle, now, fresh);
            let id = remembered.as_ref().map(|device| device.id);
            if by_code {
                document.second_factor.forget_failures_of_the_password();
                document.mark_factor_proved(id, now);
            }
            let proof = Authentication::new(AuthMethod::Password, now);
            let session = document.renew_session(session, Some(proof), id, now, fresh);
            (session, remembered.and_then(|device| device.token))
        });
        (session, device, user)
    }

    /// The forced change after a challenge, or the change by a reset link: it leads on to a session.
    pub(crate) fn choose_password(
        &self,
        proved: Progress,
        new: NewCredential,
        accepted: Option<&AcceptedCode>,
        rules: &SignInRules,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Passed {
        let completes_reset = self.completes_reset(&proved);
        // Every device ends, also the one it began on.
        let proved = Progress { device: None, ..proved.and(AuthMethod::Password, now) };
        let by_code = proved.methods.iter().any(|proven| proven.method.is_second_factor());
        self.advance(proved, rules, now, fresh, |document| {
            document.set_password(new, by_code, now, fresh);
            if by_code {
                document.second_factor.forget_failures_of_the_password();
            }
            if completes_reset {
                document.reset.void();
                document.deletion_undone_at = None;
            }
            document.mail(if completes_reset { Notice::ResetCompleted } else { Notice::PasswordChanged });
            if let Some(accepted) = accepted {
                document.accept(accepted);
            }
        })
    }

    /// Whether choosing a password by that right completes a reset (rather than a provision or a change that was due).
    pub(crate) fn completes_reset(&self, proved: &Progress) -> bool {
        let by_link = proved.methods.iter().any(|proven| proven.method == AuthMethod::ResetLink);
        let temporary = self.document.temporary.as_ref().filter(|_| proved.assurance == Assurance::TemporaryPassword);
        by_link || temporary.is_some_and(|temporary| temporary.origin.is_reset())
    }
}

impl User {
    /// The same password under another hash. `None` if it is another password by now, or another hash already.
    pub(crate) fn rehashed(&self, judged: &Judged, hash: &Replacement, fresh: &Fresh) -> Option<User> {
        let password = self.document.password.as_ref()?;
        let same = judged.holds_for(self) && password.hash.as_str() == judged.hash().as_str();
        same.then(|| self.next(fresh, |document| document.rehash(judged, Some(hash))))
    }

    /// The same passwords, each kept as `keep` says. `None` if it leaves all as they are.
    pub(crate) fn with_hashes_kept(
        &self,
        mut keep: impl FnMut(&StoredHash) -> Option<StoredHash>,
        fresh: &Fresh,
    ) -> Option<User> {
        let mut changed = false;
        let next = self.next(fresh, |document| {
            if let Some(password) = &mut document.password
                && let Some(kept) = keep(&password.hash)
            {
                password.hash = kept;
                changed = true;
            }
            for earlier in &mut document.earlier_passwords {
                if let Some(kept) = keep(earlier) {
                    *earlier = kept;
                    changed = true;
                }
            }
        });
        changed.then_some(next)
    }
}

impl Document {
    /// Sets a new password: starts a new epoch, and voids the temporary password, confirmed resets, challenges and devices.
    ///
    /// Unconfirmed links survive, because someone who knows only the old password must not void what was mailed to the owner.
    /// Where links set passwords by themselves, they are voided if a code was given: that was the owner.
    fn set_password(&mut self, new: NewCredential, by_code: bool, now: OffsetDateTime, fresh: &Fresh) {
        if let Some(old) = self.password.take() {
            self.earlier_passwords.insert(0, old.hash);
        }
        self.earlier_passwords.truncate(new.history);
        self.password = Some(StoredPassword::new(new.hash, now, fresh));
        self.begin_epoch(fresh);
        self.temporary = None;
        self.second_factor.forget_what_was_begun();
        self.reset.void_confirmed(!(new.links_set_passwords && by_code));
        self.challenges.clear();
        self.devices.clear();
    }

    /// Puts a hash of the same password with newer parameters, or in another seal, in place of the one that was judged.
    pub(super) fn rehash(&mut self, judged: &Judged, rehashed: Option<&Replacement>) {
        if let (Some(password), Some(replacement)) = (&mut self.password, rehashed)
            && password.hash.as_str() == judged.hash().as_str()
        {
            password.hash = replacement.hash().clone();
            password.imported &= matches!(replacement, Replacement::Resealed(_));
        }
    }
}
