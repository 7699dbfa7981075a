//! Users: found for somebody who has proved nothing, or by a session, and changed by compare-and-swap.

use core::time::Duration;
use std::sync::Arc;

use super::decision::{Decision, Happened};
use super::device_tokens::DeviceTokens;
use super::events::Events;
use super::journaling::Journaling;
use super::notices::mail_name;
use super::reporting::Reporting;
use super::tokens::Tokens;
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::store::{Insert, Replace, Swap, UserRepository};
use crate::types::{BackendError, BackendErrorKind, Email, UserId, Version, after};
use crate::user::{Entering, Fresh, OwedMail, ShownDevice, User, UserHead};

/// How often a decision is made again because others changed the user. In each round somebody else made progress.
const COMMIT_ROUNDS: usize = 64;

pub(crate) struct Users {
    pub(crate) repository: Reporting<dyn UserRepository>,
    pub(crate) events: Arc<Events>,
    pub(crate) tokens: Tokens,
    /// Stands in for nobody, so that work is the same for unknown addresses.
    pub(crate) decoy: User,
    pub(crate) decoy_head: UserHead,
    /// Whether a reset link by itself authorises setting a password.
    pub(crate) links_set_passwords: bool,
    /// How long the flow that decides a mail tries to send it before others do; `None` if mails are not owed.
    pub(crate) mail_lease: Option<Duration>,
    /// `None` if nobody keeps a journal.
    pub(crate) journaling: Option<Journaling>,
}

/// What was found under an address, for somebody who has proved nothing yet.
pub(crate) enum Found<T> {
    Somebody(T),
    Nobody,
    /// There is a row that cannot be understood. To unauthenticated clients that is the same as nobody.
    Unreadable,
}

impl<T> Found<T> {
    pub(crate) fn somebody(&self) -> Option<&T> {
        match self {
            Self::Somebody(found) => Some(found),
            Self::Nobody | Self::Unreadable => None,
        }
    }
}

/// The outcome of a decision.
pub(crate) enum Committed<T> {
    /// With the state that is stored now.
    Done(T, User),
    /// The user was deleted in the meantime.
    Gone,
    /// Another user has the address that was to be stored.
    EmailTaken,
}

impl<T> Committed<T> {
    pub(crate) fn done(self) -> Option<(T, User)> {
        match self {
            Self::Done(outcome, user) => Some((outcome, user)),
            Self::Gone | Self::EmailTaken => None,
        }
    }
}

impl Users {
    /// Decides about a user, stores the outcome, and decides again on a fresh load if somebody else stored first. `decide` must
    /// draw all secrets from the `Fresh` it is given, so that those of a discarded decision are never used.
    pub(crate) async fn commit<T>(
        &self,
        mut user: User,
        mut decide: impl FnMut(&User, &Fresh) -> Decision<T> + Send,
    ) -> Result<Committed<T>, Unavailable> {
        for _ in 0..COMMIT_ROUNDS {
            user = user.without_change();
            let fresh = Fresh::draw()?;
            let (next, outcome, mut happened) = match decide(&user, &fresh) {
                Decision::Store(next, outcome, happened) => (next, outcome, happened),
                Decision::Answer(outcome) => return Ok(Committed::Done(outcome, user)),
            };
            drop(fresh);
            let next = self.prepared(next, &mut happened);
            match self.replace(&next, user.version()).await? {
                Replace::Stored => {
                    self.follow_up(&next, happened).await;
                    return Ok(Committed::Done(outcome, next));
                }
                Replace::EmailTaken => return Ok(Committed::EmailTaken),
                Replace::Stale => match self.repository.find_by_id(user.id()).await? {
                    Some(current) => user = current,
                    None => return Ok(Committed::Gone),
                },
            }
        }
        Err(Unavailable::Contended)
    }

    /// The state with what it mails recorded as owed, and with its events entered in the journal, where these are kept. Every
    /// state passes here before it is stored.
    fn prepared(&self, user: User, happened: &mut Happened) -> User {
        let now = self.events.now();
        let user = match self.mail_lease {
            Some(lease) => {
                let (user, dropped) = user.owing(now, after(now, lease));
                happened.events.extend(dropped.into_iter().map(|mail| self.given_up(mail)));
                user
            }
            None => user,
        };
        self.entered(user, happened)
    }

    fn entered(&self, user: User, happened: &Happened) -> User {
        if self.journaling.is_none() || (happened.events.is_empty() && happened.earlier.is_empty()) {
            return user;
        }
        let names: Vec<_> = happened.events.iter().map(EventKind::name).collect();
        let entering = Entering {
            earlier: &happened.earlier,
            at: self.events.now(),
            request_id: happened.request_id.as_deref(),
            operator: happened.operator.as_ref(),
            key: self.events.index_key(),
        };
        user.entered(&names, &entering)
    }

    /// After a change is stored: reports its events.
    async fn follow_up(&self, user: &User, happened: Happened) {
        let Happened { events, request_id, operator, reported, .. } = happened;
        for event in events.into_iter().filter(|_| !reported) {
            let report = self.events.report(event).user(user).request_id(request_id.as_deref());
            report.operator(operator.as_ref()).send();
        }
        if let Some(journaling) = &self.journaling {
            journaling.hand_over(user).await;
        }
    }

    /// The event that an owed mail is not tried again.
    pub(crate) fn given_up(&self, mail: OwedMail) -> EventKind {
        EventKind::MailGivenUp { mail: mail_name(mail, self.links_set_passwords) }
    }

    /// Enters a failure that stored nothing in the journal, where there is one, after the response. It was reported, so nothing is
    /// said if it cannot be entered.
    pub(crate) async fn enter_failure(self: &Arc<Self>, id: &UserId, event: EventKind, request_id: Option<&str>) {
        let Some(journaling) = &self.journaling else { return };
        let (users, id, request_id) = (Arc::clone(self), id.clone(), request_id.map(Box::from));
        let enter = async move {
            // A store that fails was reported. Then the failure is missing in the journal.
            let Ok(Some(user)) = users.repository.find_by_id(&id).await else { return };
            let entered = users.commit(user, |user: &User, fresh: &Fresh| {
                match user.failure_entered(users.events.now(), fresh) {
                    Some(next) => {
                        let decision = Decision::store(next, ()).reporting(event.clone());
                        decision.on_request(request_id.as_deref()).already_reported()
                    }
                    None => Decision::Answer(()),
                }
            });
            drop(entered.await);
        };
        journaling.background.run(enter).await;
    }

    /// Stores a new user, and returns what was stored. If the answer was lost, a look-up finds out.
    pub(crate) async fn insert(&self, user: User, mut happened: Happened) -> Result<(Insert, User), Unavailable> {
        let user = self.prepared(user, &mut happened);
        let inserted = match self.repository.insert(&user).await {
            Err(_) if self.is_stored(user.id(), user.version()).await => Insert::Stored,
            answer => answer?,
        };
        if inserted == Insert::Stored {
            self.follow_up(&user, happened).await;
        }
        Ok((inserted, user))
    }

    async fn replace(&self, next: &User, expected: Version) -> Result<Replace, BackendError> {
        match self.repository.replace(next, expected).await {
            Err(_) if self.is_stored(next.id(), next.version()).await => Ok(Replace::Stored),
            answer => answer,
        }
    }

    /// Deletes a user, whatever others change in the meantime. `false` if there is no such user.
    pub(crate) async fn delete(&self, id: &UserId, by: Option<&UserId>) -> Result<bool, Unavailable> {
        self.delete_if(id, by, &[EventKind::Deleted], |_| true).await
    }

    /// Deletes a user in a state of which `may` says so, and in no other. `false` if there is no such user, or not in such a state.
    pub(crate) async fn delete_if(
        &self,
        id: &UserId,
        by: Option<&UserId>,
        events: &[EventKind],
        mut may: impl FnMut(&User) -> bool + Send,
    ) -> Result<bool, Unavailable> {
        for _ in 0..COMMIT_ROUNDS {
            let Some(user) = self.find_by_id(id).await?.filter(&mut may) else { return Ok(false) };
            let happened = Happened::of(events.iter().cloned()).by(by);
            let user = self.entered(user.without_change(), &happened);
            match self.repository.delete(&user).await {
                Ok(Swap::Stored) => {}
                Ok(Swap::Stale) => continue,
                // The answer was lost: the user is gone, or the error stands.
                Err(error) => match self.repository.find_by_id(id).await {
                    Ok(None) => {}
                    _ => return Err(error.into()),
                },
            }
            self.follow_up(&user, happened).await;
            return Ok(true);
        }
        Err(Unavailable::Contended)
    }

    /// After a lost answer: whether the state of this version is the one that is stored now.
    async fn is_stored(&self, id: &UserId, version: Version) -> bool {
        matches!(self.repository.find_by_id(id).await, Ok(Some(stored)) if stored.version() == version)
    }

    pub(crate) async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, Unavailable> {
        Ok(self.repository.find_by_id(id).await?)
    }

    /// Looks up the user that a token claims to belong to, for somebody who has proved nothing yet. A row that cannot be
    /// understood is like none, and was reported.
    pub(crate) async fn find_claimed(&self, id: &UserId) -> Result<Option<User>, Unavailable> {
        match self.repository.find_by_id(id).await {
            Err(error) if error.kind() == BackendErrorKind::Unreadable => Ok(None),
            found => Ok(found?),
        }
    }

    /// Looks up an address. The stored canonical address is compared once more: a store whose collation folds more than this
    /// crate does must not open further throttle buckets, or merge two accounts.
    pub(crate) async fn find_by_email(&self, email: &Email) -> Result<Found<UserHead>, Unavailable> {
        match self.repository.find_by_email(email).await {
            Ok(Some(head)) if head.is_of(email) => Ok(Found::Somebody(head)),
            Ok(Some(head)) => {
                self.events.report(EventKind::RepositoryMismatch).email(email).user_id(head.id()).send();
                Ok(Found::Nobody)
            }
            Ok(None) => Ok(Found::Nobody),
            Err(error) if error.kind() == BackendErrorKind::Unreadable => {
                self.events.report(EventKind::store_failed(&error)).email(email).send();
                Ok(Found::Unreadable)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The document behind a head. Where there is none, the decoy's is looked up, so that the work is the same.
    pub(crate) async fn find_whole(&self, found: &Found<UserHead>, email: &Email) -> Result<Found<User>, Unavailable> {
        let id = found.somebody().map_or(self.decoy.id(), UserHead::id);
        match (self.repository.find_by_id(id).await, found) {
            // The address may have been corrected since.
            (Ok(Some(user)), Found::Somebody(_)) if user.email() == email => Ok(Found::Somebody(user)),
            (_, Found::Unreadable) => Ok(Found::Unreadable),
            (Ok(_), _) => Ok(Found::Nobody),
            (Err(error), _) if error.kind() == BackendErrorKind::Unreadable => Ok(Found::Unreadable),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// The known device among the tokens, if it belongs to the owner of that address.
    ///
    /// Users are looked up by the ids that the tokens name, never by the address, so the time this takes reveals nothing about
    /// the address, and about an id no more than the maker of the token knows.
    pub(crate) async fn find_shown_device(
        &self,
        email: &Email,
        devices: &DeviceTokens,
    ) -> Result<Option<(User, ShownDevice)>, Unavailable> {
        for token in devices.opened(&self.tokens) {
            let found = self.find_claimed(&token.user_id).await?;
            let Some(user) = found.filter(|user| user.email() == email) else { continue };
            if let Some(shown) = user.shown_device(&token, self.events.now()) {
                return Ok(Some((user, shown)));
            }
        }
        Ok(None)
    }
}
