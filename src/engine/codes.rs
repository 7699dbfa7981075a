//! Codes of the second factor: judged, counted and stored in one write, and reported.

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

use super::decision::Decision;
use super::events::Events;
use super::mailing::Mailing;
use super::users::{Committed, Users};
use crate::crypto::{Draw, Keyring, Purpose};
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::second_factor::{TotpSecret, TypedCode};
use crate::types::Version;
use crate::user::{AcceptedCode, Assurance, CodeLimits, CodeVerdict, Fresh, GivenFor, User};

pub(crate) struct Codes {
    pub(crate) users: Arc<Users>,
    pub(crate) mailing: Arc<Mailing>,
    pub(crate) events: Arc<Events>,
    pub(crate) keyring: Option<Arc<Keyring>>,
    pub(crate) limits: CodeLimits,
}

/// The outcome of a code, as it is stored.
pub(crate) enum Coded<T> {
    /// Right, and used up.
    Right(T),
    /// The account has no second factor.
    NotAskedFor(T),
    /// Wrong, and counted; or unreadable, which is answered alike and counts nothing.
    Wrong,
    /// Too early, so not evaluated.
    Throttled { retry_after: Duration },
    /// No code was asked for, or no longer.
    Refused,
}

impl Codes {
    fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_deref()
    }

    /// Judges a code given at that level of assurance. Like everything that is decided about one state, by one reading of the
    /// clock.
    pub(crate) fn judge(
        &self,
        user: &User,
        assurance: Assurance,
        typed: &TypedCode,
        now: OffsetDateTime,
        version: Version,
    ) -> CodeVerdict {
        user.judge_code(assurance, typed, self.keyring(), &self.limits, now, version)
    }

    /// Judges the first code of an authenticator whose enrollment was begun.
    pub(crate) fn judge_enrolling(
        &self,
        user: &User,
        typed: &TypedCode,
        now: OffsetDateTime,
        version: Version,
    ) -> CodeVerdict {
        user.judge_enrolling_code(typed, self.keyring(), &self.limits, now, version)
    }

    /// Does the work of judging a code, against the decoy.
    pub(crate) fn judge_decoy(&self, typed: &TypedCode) {
        let Ok(version) = Draw::draw().map(Version::from_random) else { return };
        let now = self.events.now();
        core::hint::black_box(self.judge(&self.users.decoy, Assurance::Password, typed, now, version));
    }

    /// What to store after a verdict. `pass` makes the state in which a right code is used up.
    pub(crate) fn decide<T>(
        &self,
        user: &User,
        verdict: CodeVerdict,
        given_for: GivenFor<'_>,
        (now, fresh): (OffsetDateTime, &Fresh),
        pass: impl FnOnce(&AcceptedCode) -> Decision<T>,
    ) -> Decision<Coded<T>> {
        match verdict {
            CodeVerdict::Right(accepted) => {
                let passed = pass(&accepted).map_user(|next| self.resealed(next, fresh));
                passed.map(Coded::Right)
            }
            CodeVerdict::Wrong(wrong) => {
                let next = user.count_wrong_code(&wrong, given_for, now, fresh);
                let failed = EventKind::SecondFactorFailed { steps_off: wrong.steps_off };
                let alarm = wrong.alarms.then_some(EventKind::ManyWrongCodes);
                Decision::store(next, Coded::Wrong).reporting(failed).reporting_all(alarm)
            }
            CodeVerdict::Early { retry_after, rewritten: Some(rewritten) } => {
                let next = user.count_wrong_code(&rewritten, GivenFor::Nothing, now, fresh);
                Decision::store(next, Coded::Throttled { retry_after })
            }
            CodeVerdict::Early { retry_after, rewritten: None } => Decision::Answer(Coded::Throttled { retry_after }),
            CodeVerdict::Unreadable(fault) => {
                self.events.report(EventKind::TotpSecretUnusable { fault }).user(user).send();
                Decision::Answer(Coded::Wrong)
            }
        }
    }

    /// Judges a code and stores the outcome in the same write, so that no code counts twice and none is tried
    /// uncounted.
    ///
    /// `asked` returns the assurance at which the code is given, or `None` if none is asked for. `pass` makes the state in which
    /// the code is used up. The user returned is the one that is stored now.
    pub(crate) async fn commit<P: Send, T: Send>(
        &self,
        user: User,
        code: &TypedCode,
        given_for: GivenFor<'_>,
        asked: impl Fn(&User, OffsetDateTime) -> Option<(Assurance, P)> + Send + Sync,
        pass: impl Fn(&User, P, &AcceptedCode, OffsetDateTime, &Fresh) -> Decision<T> + Send + Sync,
    ) -> Result<(Coded<T>, User), Unavailable> {
        let outcome = self
            .users
            .commit(user.clone(), |user, fresh| {
                let now = self.events.now();
                let Some((assurance, before)) = asked(user, now) else { return Decision::Answer(Coded::Refused) };
                let verdict = self.judge(user, assurance, code, now, fresh.version);
                self.decide(user, verdict, given_for, (now, fresh), |accepted| {
                    let passed = EventKind::SecondFactorPassed { method: accepted.method() };
                    pass(user, before, accepted, now, fresh).reporting_first(passed)
                })
            })
            .await?;
        let (coded, user) = outcome.done().unwrap_or((Coded::Refused, user));
        self.follow_up(&user, &coded).await;
        Ok((coded, user))
    }

    /// Counts a code that was found to be wrong.
    pub(crate) async fn count_wrong(
        &self,
        user: User,
        assurance: Assurance,
        code: &TypedCode,
    ) -> Result<(), Unavailable> {
        let outcome = self
            .users
            .commit(user, |user, fresh| {
                let now = self.events.now();
                match self.judge(user, assurance, code, now, fresh.version) {
                    // Others changed the account in between. The answer was given, so this code must open nothing now.
                    CodeVerdict::Right(_) | CodeVerdict::Unreadable(_) => Decision::Answer(Coded::<()>::Refused),
                    verdict => self
                        .decide(user, verdict, GivenFor::Nothing, (now, fresh), |_| Decision::store(user.clone(), ())),
                }
            })
            .await?;
        if let Committed::Done(coded @ Coded::Wrong, user) = outcome {
            self.follow_up(&user, &coded).await;
        }
        Ok(())
    }

    /// After a code was judged: mails the owner where that is due.
    pub(crate) async fn follow_up<T>(&self, user: &User, coded: &Coded<T>) {
        if let Coded::Throttled { retry_after } = coded {
            self.events.report(EventKind::Throttled { retry_after: *retry_after }).user(user).send();
        }
        self.mailing.notify(user).await;
    }

    /// The state with the authenticator's secrets, enrolled or begun, sealed under the current key. If that cannot be had, the
    /// sign-in goes on without.
    pub(crate) fn resealed(&self, user: User, fresh: &Fresh) -> User {
        let Some(keyring) = self.keyring() else { return user };
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
    pub(crate) fn sealed(&self, user: &User, secret: &TotpSecret) -> Result<Option<Box<str>>, Unavailable> {
        let Some(keyring) = self.keyring() else { return Ok(None) };
        Ok(Some(keyring.seal(Purpose::SealedTotpSecret, user.id(), secret.as_bytes())?.into()))
    }
}
