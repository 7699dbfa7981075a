//! A host with operators, newcomers and a journal.

use std::sync::{Arc, Mutex};

use doorward::async_trait;
use doorward::journal::{Journal, JournalCheckpoint, JournalCursor, JournalEntry, JournalFilter, JournalPage};
use doorward::pages::{Pages, PagesBuilder};
use doorward::store::{BackendError, BackendErrorKind, MemoryUsers};
use doorward::{AuthBuilder, UserId};
use pollster::block_on;
use time::OffsetDateTime;

use crate::support::*;

pub const BOSS: &str = "boss@acme.example";

pub type Answers<T> = Arc<Mutex<Result<T, ()>>>;

/// What the host's hooks say: who is an operator, and the path of the next step.
#[derive(Clone, Debug)]
pub struct Hooks {
    pub operator: Answers<&'static str>,
    pub step: Answers<Option<&'static str>>,
}

impl Hooks {
    pub fn new() -> Self {
        Self { operator: Arc::new(Mutex::new(Ok(BOSS))), step: Arc::new(Mutex::new(Ok(None))) }
    }

    pub fn on(&self, builder: PagesBuilder, world: &World) -> PagesBuilder {
        let (operator, step) = (Arc::clone(&self.operator), Arc::clone(&self.step));
        let failed = || BackendError::new(BackendErrorKind::Unavailable);
        builder
            .operators(world.operator.clone(), Arc::clone(&world.users), move |who| {
                let says = *operator.lock().unwrap();
                async move { says.map(|boss| who.email().canonical() == boss).map_err(|()| failed()) }
            })
            .onboarding(move |_| {
                let says = *step.lock().unwrap();
                async move { says.map(|path| path.map(str::to_owned)).map_err(|()| failed()) }
            })
    }

    pub fn pages(&self, world: &World) -> Pages {
        self.on(Pages::builder(world.auth.clone()).activity(Arc::clone(&world.users)), world).build().unwrap()
    }
}

/// A world whose users keep a journal, with the boss.
pub fn world_with_boss(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> World {
    let world = World::over(MemoryUsers::new().with_journal(), |builder| change(for_pages(builder.keyring(keyring()))));
    let _ = world.open(BOSS, OLD);
    world.clock.advance(MINUTE);
    world
}

/// A journal that holds these events for everyone, or fails.
#[derive(Clone, Debug)]
pub struct Told(pub Result<Vec<&'static str>, ()>);

#[async_trait]
impl Journal for Told {
    async fn latest(&self, user: &UserId, _: Option<u64>, _: u32) -> Result<Vec<JournalEntry>, BackendError> {
        let events = self.0.clone().map_err(|()| BackendError::new(BackendErrorKind::Unavailable))?;
        let entry = |(seq, event): (u64, &str)| {
            let mut entry = JournalEntry::new(user.clone(), seq, OffsetDateTime::UNIX_EPOCH, event);
            entry.operator = Some(user.clone());
            entry
        };
        Ok((1..).zip(events).map(entry).collect())
    }

    async fn history(&self, _: &UserId, _: u64, _: u32) -> Result<Vec<JournalEntry>, BackendError> {
        unreachable!("pages read the latest")
    }

    async fn list(
        &self,
        _: &JournalFilter,
        _: Option<&JournalEntry>,
        _: u32,
    ) -> Result<Vec<JournalEntry>, BackendError> {
        unreachable!("pages read the latest")
    }

    async fn follow(&self, _: JournalCursor, _: u32) -> Result<JournalPage, BackendError> {
        unreachable!("pages read the latest")
    }

    async fn list_expired(&self, _: OffsetDateTime, _: u32) -> Result<Vec<JournalEntry>, BackendError> {
        unreachable!("pages read the latest")
    }

    async fn purge_through(&self, _: &[JournalCheckpoint]) -> Result<u64, BackendError> {
        unreachable!("pages read the latest")
    }
}

pub fn id_of(world: &World, address: &str) -> String {
    let found = block_on(doorward::UserRepository::find_by_email(&*world.users, &email(address))).unwrap();
    found.unwrap().id().to_string()
}
