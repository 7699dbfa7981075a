//! Setting a new password by something that was issued for it, a challenge or a reset link: count the try, hash, commit.

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

use super::outcome::SignIn;
use super::respond::{events_of, respond};
use crate::crypto::{Purpose, sha256};
use crate::engine::{Coded, Committed, Decision, Engine, Hashed, SHORT_WHILE};
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::password::Violation;
use crate::second_factor::{MalformedCode, TypedCode};
use crate::types::{Password, Token, UserId, base64url};
use crate::user::{
    AcceptedCode, Assurance, ChallengeLimits, Fresh, GivenFor, LinkLimits, NewCredential, Passed, Progress, Recovery,
    Step, User,
};

/// What authorises setting a password.
#[derive(Clone, Copy)]
pub(super) enum Grant<'a> {
    Challenge(&'a Token),
    /// With a code where the account has a second factor.
    Link(&'a Token, Option<&'a Result<TypedCode, MalformedCode>>),
}

/// Why no password was set.
pub(super) enum NotSet {
    /// The grant is invalid, used, expired or exhausted. It has been reported.
    Invalid,
    Rejected(Vec<Violation>),
    RecoveryPending {
        until: OffsetDateTime,
    },
    InProgress {
        retry_after: Duration,
    },
    CodeNeeded,
    CodeMalformed,
    CodeWrong,
    Throttled {
        retry_after: Duration,
    },
    Unavailable(Unavailable),
}

impl From<Unavailable> for NotSet {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

/// How many tries a grant allows.
#[derive(Clone, Copy)]
enum Tries {
    /// Before one is counted.
    Left,
    /// After it was counted, so that the last one allowed still goes through.
    Counted,
}

/// Sets a new password, and leads on to a session.
///
/// The try is counted before the hash it costs, and a wrong code costs none. What else is wrong with the request is said only to
/// those who hold a valid grant.
pub(super) async fn set_password(engine: &Arc<Engine>, grant: Grant<'_>, new: &Password) -> Result<SignIn, NotSet> {
    let found = engine.users.find_claimed(grant.claimed_owner()).await?;
    let Some(user) = found else { return Err(grant.refuse_nobody(engine)) };
    grant.opens(engine, &user, Tries::Left, engine.now())?;
    grant.check_code(&user)?;
    let new = engine.new_passwords.check(&user, new).await?.map_err(NotSet::Rejected)?;
    let Some(_turn) = engine.new_passwords.in_flight.enter(&grant.name(), usize::MAX) else {
        return Err(NotSet::InProgress { retry_after: SHORT_WHILE });
    };
    let permit = engine.hashing.permit_of(user.id())?;

    let user = grant.count(engine, user).await?;
    let hash = match engine.new_passwords.hash(permit, &user, new).await? {
        Hashed::New(hash) => hash,
        Hashed::Reused => return Err(NotSet::Rejected(engine.new_passwords.reused(&user))),
    };
    let credential = engine.new_passwords.credential(&user, &hash)?;
    let (step, user) = grant.commit(engine, user, &credential).await?;
    engine.mailing.notify(&user).await;
    Ok(respond(engine, step, &user))
}

impl Grant<'_> {
    fn claimed_owner(&self) -> &UserId {
        match self {
            Self::Challenge(token) | Self::Link(token, _) => &token.user_id,
        }
    }

    /// Names the grant, so that it is used by one call of this process at a time.
    fn name(&self) -> String {
        let (purpose, token) = match self {
            Self::Challenge(token) => (Purpose::Challenge, token),
            Self::Link(token, _) => (Purpose::ResetLink, token),
        };
        base64url::encode(sha256(purpose, &[token.secret.expose()]).as_bytes())
    }

    fn refuse(&self, engine: &Engine, user: Option<&User>) -> NotSet {
        let event = match self {
            Self::Challenge(_) => EventKind::ChallengeRejected,
            Self::Link(..) => EventKind::ResetLinkRejected,
        };
        engine.events.report_about(event, user);
        NotSet::Invalid
    }

    /// Where there is no such user, a link is compared with the decoy's.
    fn refuse_nobody(&self, engine: &Engine) -> NotSet {
        if let Self::Link(token, _) = self {
            let limits = engine.config.link_limits();
            core::hint::black_box(engine.users.decoy.reset_link_opens(token, &limits, engine.now()));
        }
        self.refuse(engine, None)
    }

    fn check_code(&self, user: &User) -> Result<(), NotSet> {
        match self {
            Self::Link(_, Some(Err(MalformedCode))) => Err(NotSet::CodeMalformed),
            Self::Link(_, None) if user.has_second_factor() => Err(NotSet::CodeNeeded),
            _ => Ok(()),
        }
    }

    /// What the grant proves, if it authorises setting a password.
    fn opens(&self, engine: &Engine, user: &User, tries: Tries, now: OffsetDateTime) -> Result<Progress, NotSet> {
        let extra = u32::from(matches!(tries, Tries::Counted));
        match self {
            Self::Challenge(challenge) => {
                let limits = engine.config.challenge_limits();
                let limits = ChallengeLimits { tries: limits.tries + extra, ..limits };
                let progress = user.password_change_challenge(challenge, &limits, now);
                let progress = progress.ok_or_else(|| self.refuse(engine, Some(user)))?;
                match user.recovery(now) {
                    // The old password alone must not undo a recovery.
                    Recovery::Open { until } if progress.assurance != Assurance::TemporaryPassword => {
                        Err(NotSet::RecoveryPending { until })
                    }
                    _ => Ok(progress),
                }
            }
            Self::Link(token, _) => {
                let limits = engine.config.link_limits();
                let limits = LinkLimits { tries: limits.tries + extra, ..limits };
                match user.reset_link_opens(token, &limits, now) {
                    true => Ok(Progress::by_reset_link(now)),
                    false => Err(self.refuse(engine, Some(user))),
                }
            }
        }
    }

    fn counted(&self, user: &User, now: OffsetDateTime, fresh: &Fresh) -> User {
        match self {
            Self::Challenge(challenge) => user.count_challenge_try(challenge, fresh),
            Self::Link(token, _) => user.count_reset_link_try(token, now, fresh),
        }
    }

    /// Decides by the code, where the grant takes one.
    fn by_code<T>(
        &self,
        engine: &Engine,
        user: &User,
        (now, fresh): (OffsetDateTime, &Fresh),
        pass: impl FnOnce(Option<&AcceptedCode>) -> Decision<T>,
    ) -> Result<Decision<Coded<T>>, NotSet> {
        let (token, code) = match self {
            Self::Link(token, code) if user.has_second_factor() => match code {
                Some(Ok(code)) => (token, code),
                Some(Err(MalformedCode)) => return Err(NotSet::CodeMalformed),
                None => return Err(NotSet::CodeNeeded),
            },
            _ => return Ok(pass(None).map(Coded::NotAskedFor)),
        };
        let verdict = engine.codes.judge(user, Assurance::TemporaryPassword, code, now, fresh.version);
        Ok(engine.codes.decide(user, verdict, GivenFor::Link(token), (now, fresh), |accepted| pass(Some(accepted))))
    }

    /// Counts the try, and judges a code with it. The code is used up only by the write that sets the password.
    async fn count(&self, engine: &Engine, user: User) -> Result<User, NotSet> {
        let outcome = engine
            .users
            .commit(user.clone(), |user, fresh| {
                let now = engine.now();
                let decided = self.opens(engine, user, Tries::Left, now).and_then(|_| {
                    self.by_code(engine, user, (now, fresh), |_| Decision::store(self.counted(user, now, fresh), ()))
                });
                flatten(decided)
            })
            .await?;
        let Committed::Done(counted, stored) = outcome else { return Err(self.refuse(engine, Some(&user))) };
        match counted? {
            Coded::Right(()) | Coded::NotAskedFor(_) => Ok(stored),
            coded => {
                engine.codes.follow_up(&stored, &coded).await;
                Err(coded.into())
            }
        }
    }

    /// Stores the new password.
    async fn commit(&self, engine: &Engine, user: User, credential: &NewCredential) -> Result<(Step, User), NotSet> {
        let rules = engine.config.sign_in_rules();
        let outcome = engine
            .users
            .commit(user.clone(), |user, fresh| {
                let now = engine.now();
                let decided = self.opens(engine, user, Tries::Counted, now).and_then(|progress| {
                    let chosen = match user.completes_reset(&progress) {
                        true => EventKind::ResetCompleted,
                        false => EventKind::PasswordChanged,
                    };
                    self.by_code(engine, user, (now, fresh), |accepted| {
                        let method = accepted.map(AcceptedCode::method);
                        let progress = match method {
                            Some(method) => progress.and(method, now),
                            None => progress,
                        };
                        let Passed { step, user } =
                            user.choose_password(progress, credential.clone(), accepted, &rules, now, fresh);
                        let events = method.map(|method| EventKind::SecondFactorPassed { method }).into_iter();
                        let events: Vec<_> = events.chain([chosen]).chain(events_of(&step, 0)).collect();
                        Decision::store(user, step).reporting_all(events)
                    })
                });
                match flatten(decided) {
                    // The code was right a moment ago: another call used it up in the meantime.
                    Decision::Store(_, Ok(Coded::Wrong | Coded::Throttled { .. }), _) => {
                        Decision::Answer(Ok(Coded::Wrong))
                    }
                    decision => decision,
                }
            })
            .await?;
        let Committed::Done(coded, stored) = outcome else { return Err(self.refuse(engine, Some(&user))) };
        match coded? {
            Coded::Right(step) | Coded::NotAskedFor(step) => Ok((step, stored)),
            coded => Err(coded.into()),
        }
    }
}

/// A refusal is an answer that stores nothing.
fn flatten<T>(decided: Result<Decision<Coded<T>>, NotSet>) -> Decision<Result<Coded<T>, NotSet>> {
    match decided {
        Ok(decision) => decision.map(Ok),
        Err(refused) => Decision::Answer(Err(refused)),
    }
}

/// Of a code that was not right.
impl<T> From<Coded<T>> for NotSet {
    fn from(coded: Coded<T>) -> Self {
        match coded {
            Coded::Throttled { retry_after } => Self::Throttled { retry_after },
            Coded::Right(_) | Coded::NotAskedFor(_) | Coded::Wrong | Coded::Refused => Self::CodeWrong,
        }
    }
}
