//! Mails that a change owes to the owner of the account: decided by the transition, recorded in the state that it leads to, and
//! struck off once they have left.

use core::time::Duration;
use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;

use super::email_change::undo_digest;
use super::fresh::Fresh;
use super::owed_mail::{Decided, Notice, OwedMail};
use super::reset::{LinkLimits, digest as link_digest};
use super::state::User;
use super::stored::{Assurance, Document, Extra, StoredOwed, TemporaryOrigin};
use crate::account::UserStatus;
use crate::types::{Digest, Email, Span, Token, UserId, Version, after, micros};

/// Names one owed mail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Owed {
    pub(crate) mail: OwedMail,
    by: Version,
}

/// How long owed mails are tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwedLimits {
    /// How long one try may take. Until then nobody else tries.
    pub(crate) lease: Duration,
    pub(crate) give_up_after: Duration,
    pub(crate) welcome_lifetime: Duration,
    pub(crate) links: LinkLimits,
}

/// The outcome of taking an owed mail.
#[allow(clippy::large_enum_variant)] // one on the stack at a time
pub(crate) enum Taking {
    /// Nothing is due.
    Nothing,
    /// It was for something that is gone. Store the user without it.
    Void(User),
    /// It was owed too long. Store the user without it.
    GivenUp { user: User, mail: OwedMail },
    /// Store the user, then mail it.
    Taken { user: User, owed: Owed, tries: u32, contents: Contents },
}

/// What an owed mail says. A secret was made for it just now, in place of the one before; a temporary password is that of the
/// decision.
pub(crate) enum Contents {
    Welcome {
        lifetime: Duration,
        expires_at: OffsetDateTime,
    },
    TemporaryPassword {
        old_password_works: bool,
        lifetime: Duration,
        expires_at: OffsetDateTime,
    },
    Link {
        token: Token,
        lifetime: Duration,
        expires_at: OffsetDateTime,
    },
    Notice {
        notice: Notice,
        at: OffsetDateTime,
    },
    /// The way back from a change of the address.
    EmailUndo {
        token: Token,
        at: OffsetDateTime,
        expires_at: OffsetDateTime,
    },
    /// The way back from a deletion.
    DeletionUndo {
        token: Token,
        lifetime: Duration,
        expires_at: OffsetDateTime,
    },
}

impl StoredOwed {
    fn is(&self, owed: &Owed) -> bool {
        self.by == owed.by && self.mail == owed.mail
    }
}

impl Document {
    /// Has this mailed once the state is stored. Deactivated accounts get no mail, except the links that undo a deletion.
    pub(super) fn mail(&mut self, mail: impl Into<OwedMail>) {
        self.decide(mail.into(), None);
    }

    /// The same to another address than that of the account.
    pub(super) fn mail_to(&mut self, mail: OwedMail, to: &Email) {
        self.decide(mail, Some(to.clone()));
    }

    fn decide(&mut self, mail: OwedMail, to: Option<Email>) {
        if self.gets(mail) {
            self.to_mail.push(Decided { mail, to });
        }
    }

    fn gets(&self, mail: OwedMail) -> bool {
        let (is_active, is_leaving) = (self.status == UserStatus::Active, self.pending_deletion().is_some());
        match mail {
            OwedMail::DeletionRequested => is_leaving,
            // Whoever changed the address may have asked for the deletion too.
            OwedMail::EmailUndo => is_active || is_leaving,
            _ => is_active,
        }
    }

    /// Records it as owed, and returns whether another of its kind was dropped for it.
    fn record(&mut self, decided: Decided, by: Version, now: OffsetDateTime, due: OffsetDateTime) -> bool {
        let Decided { mail, to } = decided;
        let link = match mail {
            OwedMail::ResetLink => self.reset.links.last().map(|link| link.digest),
            OwedMail::EmailUndo => self.email_changes.undo.last().map(|undo| undo.digest),
            OwedMail::Welcome | OwedMail::TemporaryPassword | OwedMail::DeletionRequested | OwedMail::Notice(_) => None,
        };
        let owed = &mut self.owed.known;
        let of = to.clone();
        let same = |other: &StoredOwed| other.mail.is_kind_of(mail) && other.to == of;
        owed.push(StoredOwed { mail, by, since: now, due, tries: 0, unanswered: false, link, to, extra: Extra::new() });
        let mut dropped = false;
        while owed.iter().filter(|other| same(other)).count() > mail.at_most() {
            let oldest = owed.iter().position(&same);
            owed.remove(oldest.unwrap_or_default());
            dropped = true;
        }
        // A mail with another temporary password is as good as the one before.
        dropped && mail.at_most() > 1
    }

    /// Whether what an owed mail was for is still there, and the mail has not arrived: somebody has signed in with the temporary
    /// password, or used the link.
    fn is_of_use(&self, owed: &StoredOwed) -> bool {
        let signing_in = self.challenges.iter().any(|challenge| challenge.assurance == Assurance::TemporaryPassword);
        // A secret is for the address that the account has. Whoever reads one that it had must not get a working password.
        if owed.to.is_some() && owed.mail.lets_in() {
            return false;
        }
        let has_temporary = |origin| self.temporary.as_ref().is_some_and(|it| it.origin == origin) && !signing_in;
        match owed.mail {
            OwedMail::Notice(_) => true,
            OwedMail::DeletionRequested => self.pending_deletion().is_some(),
            OwedMail::Welcome => has_temporary(TemporaryOrigin::Welcome),
            OwedMail::TemporaryPassword => has_temporary(TemporaryOrigin::Reset),
            OwedMail::ResetLink => owed.link.is_some_and(|link| self.reset.is_unused(&link)),
            OwedMail::EmailUndo => owed.link.is_some_and(|link| self.has_undo(&link)),
        }
    }

    /// What an owed mail says now, with a secret that voids the one before. `None` if what it is for has expired.
    fn contents(
        &mut self,
        owed: &StoredOwed,
        user: &UserId,
        limits: &OwedLimits,
        temporary: Digest,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<Contents> {
        let links = &limits.links;
        match owed.mail {
            OwedMail::Notice(notice) => Some(Contents::Notice { notice, at: owed.since }),
            OwedMail::DeletionRequested => {
                let token = Token::new(user.clone(), fresh.secret.clone());
                let (lifetime, expires_at) = self.renew_undo_link(user, &token, now)?;
                Some(Contents::DeletionUndo { token, lifetime, expires_at })
            }
            OwedMail::Welcome => {
                let lifetime = limits.welcome_lifetime;
                self.install_temporary(temporary, TemporaryOrigin::Welcome, lifetime, now);
                Some(Contents::Welcome { lifetime, expires_at: after(now, lifetime) })
            }
            OwedMail::TemporaryPassword => {
                // A recovery that has ended is not opened again.
                self.reset.opened.filter(|opened| opened.is_alive(now))?;
                let lifetime = links.temporary_lifetime;
                self.install_temporary(temporary, TemporaryOrigin::Reset, lifetime, now);
                (self.reset.opened, self.reset.mailed_at) = (Some(Span::starting(now, lifetime)), Some(now));
                let old_password_works = self.password.is_some();
                Some(Contents::TemporaryPassword { old_password_works, lifetime, expires_at: after(now, lifetime) })
            }
            OwedMail::ResetLink => {
                let token = Token::new(user.clone(), fresh.secret.clone());
                let expires_at = self.reset.renew_link(&owed.link?, user, &token, links.lifetime, now)?;
                Some(Contents::Link { token, lifetime: links.lifetime, expires_at })
            }
            OwedMail::EmailUndo => {
                let token = Token::new(user.clone(), fresh.secret.clone());
                let expires_at = self.renew_undo(&owed.link?, user, &token, now)?;
                Some(Contents::EmailUndo { token, at: owed.since, expires_at })
            }
        }
    }
}

impl User {
    /// The same state, from which this is to be mailed.
    pub(crate) fn mailing(mut self, mail: OwedMail) -> User {
        Arc::make_mut(&mut self.document).mail(mail);
        self
    }

    /// What the decision that led to this state mails.
    pub(crate) fn to_mail(&self) -> &[Decided] {
        &self.document.to_mail
    }

    /// To whom the decision that led to this state sends that mail.
    pub(crate) fn recipient(&self, mail: OwedMail) -> &Email {
        let decided = self.document.to_mail.iter().find(|decided| decided.mail == mail);
        decided.and_then(|decided| decided.to.as_ref()).unwrap_or(&self.email)
    }

    /// To whom that mail is owed.
    pub(crate) fn recipient_of(&self, owed: &Owed) -> &Email {
        let stored = self.document.owed.known.iter().find(|stored| stored.is(owed));
        stored.and_then(|stored| stored.to.as_ref()).unwrap_or(&self.email)
    }

    /// The same state with what it mails recorded as owed, and the mails that were dropped for it. Until `due` whoever decided it tries.
    pub(crate) fn owing(mut self, now: OffsetDateTime, due: OffsetDateTime) -> (User, Vec<OwedMail>) {
        let mut dropped = Vec::new();
        if !self.document.to_mail.is_empty() {
            let document = Arc::make_mut(&mut self.document);
            for decided in document.to_mail.clone() {
                let mail = decided.mail;
                dropped.extend(document.record(decided, self.version, now, due).then_some(mail));
            }
        }
        (self, dropped)
    }

    /// The owed mail that the decision for this state recorded.
    pub(crate) fn owed(&self, mail: OwedMail) -> Option<Owed> {
        let owed = Owed { mail, by: self.version };
        self.document.owed.known.iter().any(|stored| stored.is(&owed)).then_some(owed)
    }

    /// How many mails are owed.
    pub(crate) fn owed_mails(&self) -> usize {
        self.document.owed.known.len()
    }

    /// When the first owed mail may be tried next.
    pub(crate) fn mail_due_at(&self) -> Option<OffsetDateTime> {
        // Also one that only a newer release knows: that one looks for it.
        let due = |owed: &Value| micros::from_i64(owed.get("due")?.as_i64()?);
        let known = self.document.owed.known.iter().map(|owed| owed.due);
        known.chain(self.document.owed.newer().iter().filter_map(due)).min()
    }

    /// Without that mail, which has left after so many tries; `None` if it is not owed any more. If somebody took it again since, the
    /// secret that has left is void, and another is owed.
    pub(crate) fn struck_off(&self, owed: &Owed, tries: u32, fresh: &Fresh) -> Option<User> {
        let left = |stored: &StoredOwed| stored.is(owed) && (stored.tries == tries || !stored.mail.carries_a_secret());
        let is_owed = self.document.owed.known.iter().any(left);
        is_owed.then(|| self.next(fresh, |document| document.owed.known.retain(|stored| !left(stored))))
    }

    /// Whether a server was sent that mail in full before, and did not answer.
    pub(crate) fn is_unanswered(&self, owed: &Owed) -> bool {
        self.document.owed.known.iter().any(|stored| stored.is(owed) && stored.unanswered)
    }

    /// With that mail, which has not left, or perhaps has, tried again at `due`; `None` if it is not owed any more, or was taken again.
    pub(crate) fn put_off(
        &self,
        owed: &Owed,
        tries: u32,
        unanswered: bool,
        due: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<User> {
        let same = |stored: &StoredOwed| stored.is(owed) && stored.tries == tries;
        self.document.owed.known.iter().any(same).then(|| {
            self.next(fresh, |document| {
                for stored in document.owed.known.iter_mut().filter(|stored| same(stored)) {
                    (stored.due, stored.unanswered) = (due, stored.unanswered || unanswered);
                }
            })
        })
    }

    /// Takes the first mail that is due, if any, so that nobody else takes it while the lease lasts.
    pub(crate) fn take_owed(
        &self,
        limits: &OwedLimits,
        temporary: Digest,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Taking {
        let due = self.document.owed.known.iter().filter(|owed| owed.due <= now).min_by_key(|owed| owed.due);
        let Some(stored) = due else { return Taking::Nothing };
        let (mail, since, owed) = (stored.mail, stored.since, Owed { mail: stored.mail, by: stored.by });
        let without = || self.next(fresh, |document| document.owed.known.retain(|stored| !stored.is(&owed)));
        if !self.document.gets(mail) || !self.document.is_of_use(stored) {
            return Taking::Void(without());
        }
        if now >= after(since, limits.patience(mail)) {
            return Taking::GivenUp { user: without(), mail };
        }
        let (taken, user) = self.next_with(fresh, |document| {
            let contents = document.contents(stored, self.id(), limits, temporary, now, fresh)?;
            let entry = document.owed.known.iter_mut().find(|stored| stored.is(&owed))?;
            (entry.tries, entry.due) = (entry.tries.saturating_add(1), after(now, limits.lease));
            match &contents {
                Contents::Link { token, .. } => entry.link = Some(link_digest(self.id(), token)),
                Contents::EmailUndo { token, .. } => entry.link = Some(undo_digest(self.id(), token)),
                Contents::Welcome { .. }
                | Contents::TemporaryPassword { .. }
                | Contents::DeletionUndo { .. }
                | Contents::Notice { .. } => {}
            }
            Some((entry.tries, contents))
        });
        match taken {
            Some((tries, contents)) => Taking::Taken { user, owed, tries, contents },
            None => Taking::GivenUp { user: without(), mail },
        }
    }
}

impl OwedLimits {
    /// How long it is worth trying. Whoever asked for a reset has asked again by the time that the link would have expired.
    fn patience(&self, mail: OwedMail) -> Duration {
        match mail {
            OwedMail::ResetLink => self.links.lifetime,
            OwedMail::TemporaryPassword => self.links.temporary_lifetime,
            // As long as its link would work.
            OwedMail::DeletionRequested => Duration::MAX,
            _ => self.give_up_after,
        }
    }
}
