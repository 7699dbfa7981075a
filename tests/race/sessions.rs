//! The end of a session against everything else that may write the account with the session still in it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use doorward::session::SignOutSweep;
use doorward::store::{MemoryAttempts, MemoryUsers, User, UserDirectory};
use doorward::testing::{ManualClock, RecordingMailer, join_all};
use doorward::{AttemptStore, Auth, Clock, Operator, SignIn, SignInRequest, SignedIn, UserRepository};
use pollster::block_on;
use time::OffsetDateTime;

use crate::support::dead::{is_dead, is_dead_text};
use crate::support::gate::{Gate, Side};
use crate::support::*;

/// How a session ends, or its token.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Ending {
    SignOut,
    RevokeSession,
    RevokeDevice,
    Reauthenticate,
    ChangePassword,
    SignOutOthers,
    Deactivate,
    SignOutEverywhere,
    SignOutEverybody,
    /// By a sign-in on an established device, where one session is allowed.
    Evict,
}

/// What else writes the account. Each has read it before the end is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Other {
    /// The use of the very session is noted.
    Note,
    NoteOfAnother,
    SignIn,
    Reauthenticate,
    ChangePassword,
}

const ENDINGS: [Ending; 10] = [
    Ending::SignOut,
    Ending::RevokeSession,
    Ending::RevokeDevice,
    Ending::Reauthenticate,
    Ending::ChangePassword,
    Ending::SignOutOthers,
    Ending::Deactivate,
    Ending::SignOutEverywhere,
    Ending::SignOutEverybody,
    Ending::Evict,
];
const OTHERS: [Other; 5] =
    [Other::Note, Other::NoteOfAnother, Other::SignIn, Other::Reauthenticate, Other::ChangePassword];

impl Ending {
    /// Whether it leaves no session but its own.
    fn ends_all(self) -> bool {
        !matches!(self, Self::SignOut | Self::RevokeSession | Self::RevokeDevice | Self::Reauthenticate)
    }
}

/// One account with three sessions, and two hosts that meet at a gate.
struct Arena {
    gate: Gate,
    users: Arc<dyn UserRepository>,
    directory: Arc<dyn UserDirectory>,
    attempts: [Arc<dyn AttemptStore>; 2],
    clock: ManualClock,
    mailer: RecordingMailer,
    ending: (Auth, Operator),
    evicting: Auth,
    other: Auth,
    /// Where every race begins.
    user: User,
    began: OffsetDateTime,
    desk: SignedIn,
    phone: SignedIn,
    laptop: SignedIn,
}

type Flow<'a> = Pin<Box<dyn Future<Output = (bool, Option<SignedIn>)> + Send + 'a>>;

impl Arena {
    async fn new<U>(users: Arc<U>, attempts: Arc<dyn AttemptStore>) -> Self
    where
        U: UserRepository + UserDirectory,
    {
        let (gate, clock, mailer) = (Gate::new(), ManualClock::new(), RecordingMailer::new());
        let repository: Arc<dyn UserRepository> = users.clone();
        // Each side has throttles of its own. They share those of sessions otherwise, and one waits for the other.
        let others: Arc<dyn AttemptStore> = Arc::new(MemoryAttempts::new());
        let left = |at_most| host(gate.side(Side::Left, repository.clone()), &attempts, &clock, &mailer, at_most);
        let (ending, evicting) = (left(50), left(1).0);
        let (other, _) = host(gate.side(Side::Right, repository.clone()), &others, &clock, &mailer, 50);
        let (auth, operator) = &ending;

        operator.provision(email(ANN)).await.unwrap();
        let mailed = mailer.last().and_then(|mail| mail.temporary_password()).unwrap();
        let Ok(SignIn::PasswordChangeRequired(challenge)) = sign_in(auth, &mailed, None).await else { panic!() };
        let desk = complete(auth.choose_password(&challenge, OLD).await.unwrap());
        let mut sessions = Vec::new();
        for _ in 0..2 {
            clock.advance(MINUTE);
            sessions.push(complete(sign_in(auth, OLD, None).await.unwrap()));
        }
        // Every device is established. Without a fresh proof nobody ends the session of another.
        clock.advance(8 * DAY);
        let desk = auth.reauthenticate(&desk, OLD).await.unwrap();
        clock.advance(6 * MINUTE);
        let user = users.find_by_id(desk.user_id()).await.unwrap().unwrap();
        let (laptop, phone) = (sessions.pop().unwrap(), sessions.pop().unwrap());
        let (began, attempts) = (clock.now(), [attempts, others]);
        let (users, directory) = (repository, users);
        let arena = Self {
            gate,
            users,
            directory,
            attempts,
            clock,
            mailer,
            ending,
            evicting,
            other,
            user,
            began,
            desk,
            phone,
            laptop,
        };
        for session in [&arena.desk, &arena.phone, &arena.laptop] {
            assert!(arena.other.sessions(session).await.is_ok());
        }
        arena
    }

    /// Everything is as it was when the races began.
    async fn reset(&self) {
        self.clock.set(self.began);
        let stored = self.users.find_by_id(self.user.id()).await.unwrap().unwrap();
        let _ = self.users.delete(&stored).await.unwrap();
        let _ = self.users.insert(&self.user).await.unwrap();
        for attempts in &self.attempts {
            attempts.purge(self.began + 400 * DAY, 1_000).await.unwrap();
        }
    }

    /// Whether it succeeded, and with which session the caller goes on.
    fn end(&self, ending: Ending) -> Flow<'_> {
        let (auth, operator) = &self.ending;
        let (ann, phone) = (self.user.id(), self.phone.session());
        Box::pin(async move {
            match ending {
                Ending::SignOut => (auth.sign_out(&self.phone).await.is_ok(), None),
                Ending::RevokeSession => (auth.revoke_session(&self.desk, phone.id).await.is_ok(), None),
                Ending::RevokeDevice => (auth.revoke_device(&self.desk, phone.device.unwrap()).await.is_ok(), None),
                Ending::Reauthenticate => went_on(auth.reauthenticate(&self.desk, OLD).await.ok()),
                Ending::ChangePassword => went_on(auth.change_password(&self.desk, OLD, NEW).await.ok()),
                Ending::SignOutOthers => went_on(auth.sign_out_others(&self.desk).await.ok()),
                Ending::Deactivate => (operator.deactivate(ann).await.is_ok(), None),
                Ending::SignOutEverywhere => (operator.sign_out_everywhere(ann).await.is_ok(), None),
                Ending::SignOutEverybody => {
                    let mut sweep = SignOutSweep::new();
                    operator.sign_out_everybody(&*self.directory, &mut sweep).await.unwrap();
                    assert!(sweep.is_complete());
                    (sweep.signed_out() == 1, None)
                }
                Ending::Evict => {
                    let cookie = self.user_device();
                    went_on(sign_in(&self.evicting, OLD, Some(&cookie)).await.ok().map(complete))
                }
            }
        })
    }

    fn user_device(&self) -> String {
        self.phone.device_token().unwrap().expose()
    }

    fn otherwise(&self, other: Other, victim: &SignedIn) -> Flow<'_> {
        let (auth, victim) = (&self.other, victim.token().expose());
        Box::pin(async move {
            match other {
                Other::Note => (auth.resume(&victim).await.is_ok(), None),
                Other::NoteOfAnother => (auth.resume(&self.laptop.token().expose()).await.is_ok(), None),
                Other::SignIn => went_on(sign_in(auth, OLD, None).await.ok().map(complete)),
                Other::Reauthenticate => went_on(auth.reauthenticate(&self.laptop, OLD).await.ok()),
                Other::ChangePassword => went_on(auth.change_password(&self.laptop, OLD, NEW).await.ok()),
            }
        })
    }

    /// One race, in which the two are proven to collide.
    async fn race(&self, ending: Ending, other: Other, first: Side) {
        let why = &format!("{ending:?}, {other:?}, first {first:?}");
        self.reset().await;
        self.gate.close(first);
        let victim = if ending == Ending::Reauthenticate { &self.desk } else { &self.phone };
        let calls = [(Side::Left, self.end(ending)), (Side::Right, self.otherwise(other, victim))];
        let mut outcomes = join_all(calls.map(|(side, call)| self.gate.run(side, call))).await;
        let collided = self.gate.open();
        let ((otherwise, gained), (ended, own)) = (outcomes.pop().unwrap(), outcomes.pop().unwrap());

        assert!(collided, "{why}");
        // Whatever the other one stored, the session ends; unless the other one ended that of the caller.
        let overtaken = other == Other::ChangePassword && first == Side::Right;
        assert!(ended || overtaken, "{why}");
        let dead: Vec<_> = match ending {
            Ending::Reauthenticate => vec![&self.desk],
            _ if ending.ends_all() || overtaken => vec![&self.desk, &self.phone, &self.laptop],
            _ => vec![&self.phone],
        };
        self.are_dead(&dead, why).await;
        if other == Other::Reauthenticate && ending.ends_all() {
            assert_eq!(otherwise, first == Side::Right, "{why}");
            self.are_dead(&gained.iter().collect::<Vec<_>>(), why).await;
        }
        // What is not to end goes on.
        if other != Other::ChangePassword && !ending.ends_all() {
            let (desk, phone) = (own.as_ref().unwrap_or(&self.desk), &self.phone);
            let alive = self.other.sessions(desk).await.unwrap_or_else(|error| panic!("{why}: {error:?}"));
            assert!(ending == Ending::Reauthenticate || alive.iter().all(|it| it.id != phone.session().id), "{why}");
            let more = usize::from(other == Other::SignIn) + usize::from(ending == Ending::Reauthenticate);
            assert_eq!(alive.len(), 2 + more, "{why}");
        }
        if let Some(own) = own.as_ref().filter(|_| other != Other::ChangePassword && ending != Ending::Evict) {
            assert!(self.other.resume(&own.token().expose()).await.is_ok(), "{why}");
        }
    }

    /// Here, in a process that has just started, and with the clock set back to when they were alive.
    async fn are_dead(&self, sessions: &[&SignedIn], why: &str) {
        let (restarted, _) = host(self.users.clone(), &self.attempts[0], &self.clock, &self.mailer, 50);
        for session in sessions {
            is_dead(&self.other, session, why).await;
        }
        for at in [self.began - HOUR, self.began + DAY] {
            self.clock.set(at);
            for session in sessions {
                is_dead_text(&self.other, &session.token().expose(), why).await;
                is_dead_text(&restarted, &session.token().expose(), why).await;
            }
        }
        self.clock.set(self.began);
    }

    /// Every ending against everything else, in both orders, so often.
    async fn race_all(&self, times: usize) {
        let mut collisions = BTreeMap::<Ending, usize>::new();
        for ending in ENDINGS {
            for other in OTHERS {
                for first in [Side::Left, Side::Right].repeat(times) {
                    self.race(ending, other, first).await;
                    *collisions.entry(ending).or_default() += 1;
                }
            }
        }
        println!("collisions: {collisions:?}");
        let races = ENDINGS.len() * OTHERS.len() * 2 * times;
        assert_eq!(collisions.values().sum::<usize>(), races, "every race is a collision");
    }
}

fn went_on(session: Option<SignedIn>) -> (bool, Option<SignedIn>) {
    (session.is_some(), session)
}

fn host(
    users: impl UserRepository,
    attempts: &Arc<dyn AttemptStore>,
    clock: &ManualClock,
    mailer: &RecordingMailer,
    at_most: usize,
) -> (Auth, Operator) {
    Auth::builder(site(), users, attempts.clone(), mailer.clone())
        .clock(clock.clone())
        .configure(for_tests)
        .configure(|config| {
            config.hashing.threads = std::num::NonZeroUsize::new(1);
            config.purge.every = None;
            config.session.at_most = at_most;
            config.second_factor.fresh_proof = HOUR;
        })
        .build_with_operator()
        .unwrap()
}

async fn sign_in(auth: &Auth, password: &str, cookie: Option<&str>) -> Result<SignIn, doorward::error::SignInError> {
    let request = SignInRequest::new(ANN, password);
    auth.try_sign_in(cookie.iter().fold(request, |request, cookie| request.device(cookie))).await
}

#[test]
fn of_ten_thousand_collisions_none_leaves_a_session_alive_that_ended() {
    block_on(async {
        Arena::new(Arc::new(MemoryUsers::new()), Arc::new(MemoryAttempts::new())).await.race_all(100).await
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn nor_does_one_on_sqlite() {
    use doorward::store::SqliteStore;

    let folder = sql::Folder::new();
    sql::block_on(async {
        let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap();
        store.migrate().await.unwrap();
        Arena::new(Arc::new(store.clone()), Arc::new(store)).await.race_all(3).await;
    });
}

#[cfg(feature = "postgres")]
#[test]
fn nor_does_one_on_postgres() {
    use doorward::store::PostgresStore;

    let Some(url) = postgres::url_or_skip("collisions of sessions on PostgreSQL") else { return };
    sql::block_on(async {
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(&sql::fresh_prefix()).unwrap();
        store.migrate().await.unwrap();
        Arena::new(Arc::new(store.clone()), Arc::new(store)).await.race_all(3).await;
    });
}
