//! Sends mails, reports those that could not be sent, and keeps account of those that are owed.

use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::background::Background;
use super::decision::Decision;
use super::events::Events;
use super::notices::notified;
use super::tracker::Tracker;
use super::users::Users;
use crate::event::EventKind;
use crate::mail::{Awaited, Mail, MailKind, MailTexts, Mailer, Received};
use crate::store::UserDirectory;
use crate::types::{BackendError, Email, ResetToken, Site, TemporaryPassword, Token, UserId, after};
use crate::user::{Contents, Owed, OwedLimits, OwedMail, User};

/// The waits between two tries of an owed mail: doubled each time, from the first to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// What a mailer needs for the one try that is under way when its time is over.
const LAST_TRY: Duration = Duration::from_secs(5 * 60);

pub(crate) struct Mailing {
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) texts: Arc<dyn MailTexts>,
    pub(crate) site: Site,
    pub(crate) events: Arc<Events>,
    pub(crate) users: Arc<Users>,
    pub(crate) background: Background,
    /// `None`: what does not leave at once is not tried again.
    pub(crate) owed: Option<OwedMails>,
}

/// Mails that are owed: who owes some, and how long they are tried.
pub(crate) struct OwedMails {
    pub(crate) directory: Arc<dyn UserDirectory>,
    pub(crate) limits: OwedLimits,
    /// Mails in a mailer's queue, of which the server has not said anything yet.
    pub(crate) queued: Tracker,
    /// What became of mails, and could not be recorded.
    unsettled: Mutex<Vec<(UserId, Try, Fate)>>,
}

impl OwedMails {
    pub(crate) fn new(directory: Arc<dyn UserDirectory>, limits: OwedLimits) -> Self {
        Self { directory, limits, queued: Tracker::default(), unsettled: Mutex::default() }
    }

    fn unsettled(&self) -> MutexGuard<'_, Vec<(UserId, Try, Fate)>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An owed mail in the hands of whoever tries it.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    pub(crate) owed: Owed,
    /// How often it was tried before.
    pub(crate) tries: u32,
}

/// What became of a try.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Fate {
    Left,
    /// It may have left.
    Unanswered,
    Refused,
    Failed,
}

impl Mailing {
    /// Mails what the decision that led to this state mails, but for what carries a secret: in background work. The change stands
    /// whether or not the mails are sent.
    pub(crate) async fn notify(self: &Arc<Self>, user: &User) {
        for decided in user.to_mail() {
            let OwedMail::Notice(notice) = decided.mail else { continue };
            let (mailing, user, kind) = (Arc::clone(self), user.clone(), notified(notice, self.events.now()));
            self.background.run(async move { drop(mailing.send(&user, notice.into(), kind).await) }).await;
        }
    }

    /// Mails what the decision that led to this state mails, with its secret. It is not handed to background work: a host may do that
    /// after the response, which waits for this.
    pub(crate) async fn send(
        self: &Arc<Self>,
        user: &User,
        mail: OwedMail,
        kind: MailKind,
    ) -> Result<(), BackendError> {
        let owed = user.owed(mail).map(|owed| Try { owed, tries: 0 });
        self.hand_over(user, user.recipient(mail), owed, kind).await
    }

    /// The same in background work, for a mail that is not what the caller waits for.
    pub(crate) async fn send_later(self: &Arc<Self>, user: &User, mail: OwedMail, kind: MailKind) {
        let (mailing, user) = (Arc::clone(self), user.clone());
        // A failure was reported.
        self.background.run(async move { drop(mailing.send(&user, mail, kind).await) }).await;
    }

    /// Mails what is not owed. Whoever needs it asks again.
    pub(crate) async fn send_once(
        self: &Arc<Self>,
        user: &User,
        to: &Email,
        kind: MailKind,
    ) -> Result<(), BackendError> {
        self.hand_over(user, to, None, kind).await
    }

    /// Mails somebody who has no account, or who must not see from what is stored that a stranger asked. A failure is reported.
    pub(crate) fn send_to(
        self: &Arc<Self>,
        email: &Email,
        kind: MailKind,
    ) -> impl Future<Output = Result<(), BackendError>> + Send {
        let (mailing, email) = (Arc::clone(self), email.clone());
        self.background.run_to_end(async move {
            let mail = Mail::new(kind, &mailing.site, Arc::clone(&mailing.texts), mailing.events.now());
            mailing.hand_to_mailer(&email, &mail, None).await
        })
    }

    async fn hand_to_mailer(&self, to: &Email, mail: &Mail, about: Option<&User>) -> Result<(), BackendError> {
        let sent = self.mailer.send(to, mail).await;
        if let Err(error) = &sent {
            let (mail, code) = (mail.kind().name(), error.code_for_events());
            let report = self.events.report(EventKind::MailFailed { mail, error: error.kind(), code });
            match about {
                Some(user) => report.user(user).send(),
                None => report.email(to).send(),
            }
        }
        sent
    }

    /// Hands a mail to the mailer, and records what becomes of one that is owed. A failure is reported as well.
    ///
    /// If the caller goes away meanwhile, background work finishes it: the server may already have the mail, and what nobody strikes
    /// off is sent once more.
    pub(crate) fn hand_over(
        self: &Arc<Self>,
        user: &User,
        to: &Email,
        owed: Option<Try>,
        kind: MailKind,
    ) -> impl Future<Output = Result<(), BackendError>> + Send {
        let (mailing, user, to) = (Arc::clone(self), user.clone(), to.clone());
        self.background.run_to_end(async move { mailing.send_and_record(&user, &to, owed, kind).await })
    }

    async fn send_and_record(
        self: &Arc<Self>,
        user: &User,
        to: &Email,
        owed: Option<Try>,
        kind: MailKind,
    ) -> Result<(), BackendError> {
        let mail = Mail::new(kind, &self.site, Arc::clone(&self.texts), self.events.now());
        let (mail, receipt) = match (&self.owed, owed) {
            (Some(OwedMails { limits, .. }), Some(owed)) => {
                let within = limits.lease.saturating_sub(LAST_TRY);
                let under_way = self.background.under_way().clone();
                let (mail, awaited) = mail.with_receipt(within, Arc::new(move || Box::new(under_way.enter())));
                (mail, Some((owed, awaited)))
            }
            _ => (mail, None),
        };
        let sent = self.hand_to_mailer(to, &mail, Some(user)).await;
        if let Some((owed, receipt)) = receipt {
            self.follow(user, owed, sent.is_ok(), receipt).await;
        }
        sent
    }

    /// Sees to it that what became of the mail is recorded, as soon as that is known. An error of the mailer says nothing for good: its
    /// queue may be full.
    async fn follow(self: &Arc<Self>, user: &User, owed: Try, sent: bool, receipt: Awaited) {
        let (mailing, user) = (Arc::clone(self), user.clone());
        if receipt.is_left() {
            let fate = if sent { Fate::Left } else { Fate::Failed };
            return self.background.run(async move { mailing.settle(user, owed, fate).await }).await;
        }
        let queued = self.owed.as_ref().map(|owed| owed.queued.enter());
        self.background.watch(async move {
            let received = receipt.wait().await;
            let fate = match &received {
                Some((Received::Accepted, _)) => Fate::Left,
                Some((Received::Unanswered, _)) => Fate::Unanswered,
                Some((Received::Refused, _)) => Fate::Refused,
                None => Fate::Failed,
            };
            drop(queued);
            mailing.settle(user, owed, fate).await;
            drop(received);
        });
    }

    /// Records what became of mails where a store failed to take it before.
    pub(crate) async fn settle_what_is_left(&self, owed: &OwedMails) {
        let unsettled = std::mem::take(&mut *owed.unsettled());
        for (id, tried, fate) in unsettled {
            match self.users.find_by_id(&id).await {
                Ok(Some(user)) => self.settle(user, tried, fate).await,
                Ok(None) => {}
                Err(_) => owed.unsettled().push((id, tried, fate)),
            }
        }
    }

    async fn settle(&self, user: User, tried: Try, fate: Fate) {
        let (id, Try { owed, tries }) = (user.id().clone(), tried.clone());
        let wait = FIRST_WAIT.saturating_mul(1 << tries.min(10)).min(LONGEST_WAIT);
        let settled = self.users.commit(user, |user, fresh| {
            let due = after(self.events.now(), wait);
            // Of a server that never answers each further try may be a copy.
            let given_up = fate == Fate::Refused || fate == Fate::Unanswered && user.is_unanswered(&owed);
            let next = match fate {
                Fate::Failed | Fate::Unanswered if !given_up => {
                    user.put_off(&owed, tries, fate == Fate::Unanswered, due, fresh)
                }
                _ => user.struck_off(&owed, tries, fresh),
            };
            match next {
                Some(next) => Decision::store(next, ()).reporting_all(given_up.then(|| self.users.given_up(owed.mail))),
                None => Decision::Answer(()),
            }
        });
        match (settled.await, &self.owed) {
            (Ok(_), _) | (Err(_), None) => {}
            // It was reported. If it cannot be recorded later either, the lease ends and the mail is sent again.
            (Err(_), Some(left)) => left.unsettled().push((id, tried, fate)),
        }
    }
}

// The mails themselves.
impl Mailing {
    /// What an owed mail says. `temporary` is the temporary password of the same decision.
    pub(crate) fn owed(&self, contents: Contents, temporary_password: TemporaryPassword) -> MailKind {
        match contents {
            Contents::Welcome { lifetime, expires_at } => {
                MailKind::Welcome { temporary_password, lifetime, expires_at }
            }
            Contents::TemporaryPassword { old_password_works, lifetime, expires_at } => {
                MailKind::TemporaryPassword { temporary_password, old_password_works, lifetime, expires_at }
            }
            Contents::Link { token, lifetime, expires_at } => self.link(&token, lifetime, expires_at),
            Contents::DeletionUndo { token, lifetime, expires_at } => self.undo_link(&token, lifetime, expires_at),
            Contents::Notice { notice, at } => notified(notice, at),
            Contents::EmailUndo { token, at, expires_at } => self.email_undo(&token, at, expires_at),
        }
    }

    /// The mail with the link that undoes a deletion.
    pub(crate) fn undo_link(&self, token: &Token, lifetime: Duration, expires_at: OffsetDateTime) -> MailKind {
        let link = self.site.deletion_link(&ResetToken(self.users.tokens.wire(token)));
        MailKind::DeletionRequested { link, lifetime, expires_at }
    }

    /// The mail with that link.
    pub(crate) fn link(&self, token: &Token, lifetime: Duration, expires_at: OffsetDateTime) -> MailKind {
        let link = self.site.reset_link(&ResetToken(self.users.tokens.wire(token)));
        match self.users.links_set_passwords {
            false => MailKind::ConfirmReset { link, lifetime, expires_at },
            true => MailKind::ChooseNewPassword { link, lifetime, expires_at },
        }
    }

    /// The mail with the link that confirms a change of the address.
    pub(crate) fn email_change(&self, token: &Token, lifetime: Duration, expires_at: OffsetDateTime) -> MailKind {
        let link = self.site.email_confirm_link(&ResetToken(self.users.tokens.wire(token)));
        MailKind::ConfirmEmailChange { link, lifetime, expires_at }
    }

    /// The mail with the link that takes a change of the address back.
    pub(crate) fn email_undo(&self, token: &Token, at: OffsetDateTime, expires_at: OffsetDateTime) -> MailKind {
        let link = self.site.email_undo_link(&ResetToken(self.users.tokens.wire(token)));
        MailKind::EmailChanged { link, at, expires_at }
    }
}
