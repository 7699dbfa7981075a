//! Users: found for somebody who has proved nothing, or by a session, and changed by compare-and-swap.

use core::time::Duration;
use std::sync::Arc;

use super::device_tokens::DeviceTokens;
use super::events::Events;
use super::notices::mail_name;
use super::reporting::Reporting;
use super::tokens::Tokens;
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::store::{Insert, Replace, Swap, UserRepository};
use crate::types::{BackendError, BackendErrorKind, Email, UserId, Version, after};
use crate::user::{Fresh, OwedMail, ShownDevice, User, UserHead};

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

/// What to do about a user.
pub(crate) enum Decision<T> {
    /// Store this state. Only then is `T` true.
    Store(User, T),
    /// Store nothing.
    Answer(T),
}

impl<T> Decision<T> {
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Decision<U> {
        match self {
            Self::Store(next, outcome) => Decision::Store(next, change(outcome)),
            Self::Answer(outcome) => Decision::Answer(change(outcome)),
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
            // A repository may hand back what it was given, with what an earlier decision has mailed.
            user = user.mailing_nothing();
            let fresh = Fresh::draw()?;
            let (next, outcome) = match decide(&user, &fresh) {
                Decision::Store(next, outcome) => (next, outcome),
                Decision::Answer(outcome) => return Ok(Committed::Done(outcome, user)),
            };
            drop(fresh);
            let (next, dropped) = self.owing(next);
            match self.replace(&next, user.version()).await? {
                Replace::Stored => {
                    dropped.into_iter().for_each(|mail| self.report_given_up(&next, mail));
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

    /// The state with what it mails recorded as owed, where that is kept. Every state passes here before it is stored.
    pub(crate) fn owing(&self, user: User) -> (User, Vec<OwedMail>) {
        let now = self.events.now();
        match self.mail_lease {
            Some(lease) => user.owing(now, after(now, lease)),
            None => (user, Vec::new()),
        }
    }

    /// A mail that was owed is not tried again.
    pub(crate) fn report_given_up(&self, user: &User, mail: OwedMail) {
        let mail = mail_name(mail, self.links_set_passwords);
        self.events.report(EventKind::MailGivenUp { mail }).user(user).send();
    }

    /// Stores a new user. If the answer was lost, a look-up finds out.
    pub(crate) async fn insert(&self, user: &User) -> Result<Insert, Unavailable> {
        match self.repository.insert(user).await {
            Err(_) if self.is_stored(user.id(), user.version()).await => Ok(Insert::Stored),
            answer => Ok(answer?),
        }
    }

    async fn replace(&self, next: &User, expected: Version) -> Result<Replace, BackendError> {
        match self.repository.replace(next, expected).await {
            Err(_) if self.is_stored(next.id(), next.version()).await => Ok(Replace::Stored),
            answer => answer,
        }
    }

    /// Deletes a user, whatever others change in the meantime. `None` if there is no such user.
    pub(crate) async fn delete(&self, id: &UserId) -> Result<Option<User>, Unavailable> {
        for _ in 0..COMMIT_ROUNDS {
            let Some(user) = self.find_by_id(id).await? else { return Ok(None) };
            match self.repository.delete(id, user.version()).await {
                Ok(Swap::Stored) => return Ok(Some(user)),
                Ok(Swap::Stale) => {}
                // The answer was lost: the user is gone, or the error stands.
                Err(error) => match self.repository.find_by_id(id).await {
                    Ok(None) => return Ok(Some(user)),
                    _ => return Err(error.into()),
                },
            }
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
