//! Codes of the second factor: judged, counted and stored in one write, and told of.

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

use super::{Committed, Decision, Engine};
use crate::account::AuthMethod;
use crate::crypto::{Draw, Purpose};
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::second_factor::TotpSecret;
use crate::second_factor::TypedCode;
use crate::types::{Challenge, Version};
use crate::user::{AcceptedCode, Assurance, CodeVerdict, Fresh, User, WrongCode};

/// What a code came to, stored.
pub(crate) enum CodeOutcome<T> {
    /// Right, and used up by the state that is stored.
    Right(T, User),
    /// Wrong, and counted.
    Wrong,
    /// Too early: not looked at.
    Throttled { retry_after: Duration },
    /// What the code was asked for is no longer so.
    Refused,
}

/// The same, before it is told of.
enum Stored<T> {
    Right(T, User, AcceptedCode),
    Wrong(User, WrongCode),
    /// Answered like a wrong one.
    Unreadable,
    Throttled {
        retry_after: Duration,
    },
    Refused,
}

impl Engine {
    /// Judges a code and stores its outcome in the same write, so that no code counts twice and none is tried uncounted.
    ///
    /// `proved` tells after which proof it is given, or that it is not asked for (any more). `pass` makes the state in which
    /// the code is used up, and what it led to.
    pub(crate) async fn with_code<P: Send, T: Send>(
        self: &Arc<Self>,
        user: User,
        code: &TypedCode,
        challenge: Option<&Challenge>,
        proved: impl Fn(&User, OffsetDateTime) -> Option<(Assurance, P)> + Send + Sync,
        pass: impl Fn(&User, P, &AcceptedCode, OffsetDateTime, &Fresh) -> (T, User) + Send + Sync,
    ) -> Result<CodeOutcome<T>, Unavailable> {
        let asked = user.clone();
        let outcome = self
            .commit(user, |user, fresh| {
                let now = self.now();
                let Some((proof, before)) = proved(user, now) else { return Decision::Answer(Stored::Refused) };
                match self.judge_code(user, proof, code, fresh.version) {
                    CodeVerdict::Right(accepted) => {
                        let (led_to, next) = pass(user, before, &accepted, now, fresh);
                        let next = self.with_resealed_totp(next, fresh);
                        Decision::Store(next.clone(), Stored::Right(led_to, next, accepted))
                    }
                    CodeVerdict::Wrong(wrong) => {
                        let next = user.count_wrong_code(&wrong, challenge, now, fresh);
                        Decision::Store(next.clone(), Stored::Wrong(next, wrong))
                    }
                    CodeVerdict::Unreadable(fault) => {
                        self.report(EventKind::TotpSecretUnusable { fault }).user(user).send();
                        Decision::Answer(Stored::Unreadable)
                    }
                    CodeVerdict::Early { retry_after } => Decision::Answer(Stored::Throttled { retry_after }),
                    CodeVerdict::SetBack { rewritten, retry_after } => {
                        let next = user.count_wrong_code(&rewritten, None, now, fresh);
                        Decision::Store(next, Stored::Throttled { retry_after })
                    }
                }
            })
            .await?;
        Ok(match outcome {
            Committed::Done(Stored::Right(led_to, user, accepted)) => {
                self.tell_of_right_code(&user, accepted.method()).await;
                CodeOutcome::Right(led_to, user)
            }
            Committed::Done(Stored::Wrong(user, wrong)) => {
                self.tell_of_wrong_code(&user, &wrong).await;
                CodeOutcome::Wrong
            }
            Committed::Done(Stored::Unreadable) => CodeOutcome::Wrong,
            Committed::Done(Stored::Throttled { retry_after }) => {
                self.report(EventKind::Throttled { retry_after }).user(&asked).send();
                CodeOutcome::Throttled { retry_after }
            }
            Committed::Done(Stored::Refused) | Committed::Gone | Committed::EmailTaken => CodeOutcome::Refused,
        })
    }

    /// Counts a code that was found to be wrong after that proof.
    pub(crate) async fn count_wrong_code(
        self: &Arc<Self>,
        user: User,
        proof: Assurance,
        code: &TypedCode,
    ) -> Result<(), Unavailable> {
        let counted = self
            .commit(user, |user, fresh| match self.judge_code(user, proof, code, fresh.version) {
                CodeVerdict::Wrong(wrong) => {
                    let next = user.count_wrong_code(&wrong, None, self.now(), fresh);
                    Decision::Store(next.clone(), Some((next, wrong)))
                }
                CodeVerdict::SetBack { rewritten, .. } => {
                    Decision::Store(user.count_wrong_code(&rewritten, None, self.now(), fresh), None)
                }
                // Meanwhile others used up the slot, and were counted themselves; or the account changed, so that this code
                // opens nothing that was refused.
                _ => Decision::Answer(None),
            })
            .await?;
        if let Committed::Done(Some((user, wrong))) = counted {
            self.tell_of_wrong_code(&user, &wrong).await;
        }
        Ok(())
    }

    /// Judges a code given after that proof.
    pub(crate) fn judge_code(&self, user: &User, proof: Assurance, typed: &TypedCode, version: Version) -> CodeVerdict {
        user.judge_code(proof, typed, self.keyring.as_ref(), &self.config.code_limits(), self.now(), version)
    }

    /// The work of judging a code, for nobody.
    pub(crate) fn judge_decoy_code(&self, typed: &TypedCode) {
        let Ok(version) = Draw::draw().map(Version::from_random) else { return };
        core::hint::black_box(self.judge_code(&self.decoy, Assurance::Password, typed, version));
    }

    /// The state with what is sealed of an authenticator, enrolled or begun, under the current key, if it was under another.
    /// A sign-in does not fail for want of it.
    pub(crate) fn with_resealed_totp(&self, user: User, fresh: &Fresh) -> User {
        let Some(keyring) = &self.keyring else { return user };
        let reseal = |sealed: &str| {
            if keyring.is_up_to_date(sealed) {
                return None;
            }
            let secret = keyring.open(Purpose::SealedTotpSecret, user.id(), sealed).ok()?;
            keyring.seal(Purpose::SealedTotpSecret, user.id(), &secret).ok().map(Into::into)
        };
        user.with_totp_secrets_kept(reseal, fresh).unwrap_or(user)
    }

    /// A secret as it is stored. `None` without a keyring.
    pub(crate) fn sealed_totp(&self, user: &User, secret: &TotpSecret) -> Result<Option<Box<str>>, Unavailable> {
        let Some(keyring) = &self.keyring else { return Ok(None) };
        Ok(Some(keyring.seal(Purpose::SealedTotpSecret, user.id(), secret.as_bytes())?.into()))
    }

    /// After a wrong code was counted: what the log and the owner are to know of it.
    pub(crate) async fn tell_of_wrong_code(self: &Arc<Self>, user: &User, wrong: &WrongCode) {
        self.report(EventKind::SecondFactorFailed).user(user).send();
        if wrong.alarms {
            self.report(EventKind::ManyWrongCodes).user(user).send();
        }
        if wrong.warn {
            self.notify(user, MailKind::WrongCode { at: self.now() }).await;
        }
    }

    /// After a right code was stored: the same.
    pub(crate) async fn tell_of_right_code(self: &Arc<Self>, user: &User, method: AuthMethod) {
        self.report(EventKind::SecondFactorPassed { method }).user(user).send();
        if let (AuthMethod::RecoveryCode, Some(enrolled)) = (method, user.enrolled()) {
            let left = enrolled.recovery_codes;
            self.notify(user, MailKind::RecoveryCodeUsed { left, at: self.now() }).await;
        }
    }
}
