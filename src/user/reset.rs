//! Reset links: outstanding, confirmed, completed.

use core::time::Duration;

use time::OffsetDateTime;

use super::device::DeviceLimits;
use super::fresh::Fresh;
use super::owed_mail::OwedMail;
use super::state::User;
use super::stored::{Assurance, Document, Extra, ResetState, StoredLink, TemporaryOrigin};
use crate::crypto::{Purpose, sha256};
use crate::throttle::{Attempts, Charge, Cooldown};
use crate::types::{Digest, Span, Token, UserId, after, until};

/// Bounds on links and on what confirming one gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkLimits {
    pub(crate) lifetime: Duration,
    pub(crate) at_most: usize,
    pub(crate) tries: u32,
    pub(crate) temporary_lifetime: Duration,
    /// From one mailed temporary password to the next.
    pub(crate) cooldown: Duration,
}

/// Whether a confirmed reset awaits completion. Until then, someone who knows only the old password can sign in but change
/// nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Recovery {
    None,
    Open { until: OffsetDateTime },
}

/// The outcome of confirming a link.
pub(crate) enum Confirmation {
    /// No link of this user that still works.
    Invalid,
    /// A temporary password was mailed a moment ago and still works.
    Early { retry_after: Duration },
    /// Store the user, then mail the temporary password.
    Confirmed { user: User, device: Option<Token>, expires_at: OffsetDateTime },
}

/// The outcome of requesting a link.
#[allow(clippy::large_enum_variant)] // one on the stack at a time
pub(crate) enum NewLink {
    /// Store the user, then mail the link.
    Added { token: Token, expires_at: OffsetDateTime, user: User },
    /// The cooldown has not passed. Holds a state to store if the time of the last mail had to be corrected.
    CoolingDown(Option<User>),
    /// The account is deactivated, or has as many links as it may.
    Withheld,
}

pub(super) fn digest(user_id: &UserId, token: &Token) -> Digest {
    sha256(Purpose::ResetLink, &[user_id.as_str().as_bytes(), token.secret.expose()])
}

impl ResetState {
    fn find(&self, user_id: &UserId, token: &Token, now: OffsetDateTime) -> Option<usize> {
        let shown = digest(user_id, token);
        let index = self.links.iter().position(|link| link.digest.ct_eq(&shown).into())?;
        let alive = self.links.get(index)?.span.is_alive(now) && token.user_id == *user_id;
        alive.then_some(index)
    }

    /// Whether there is such a link, which nobody has used yet.
    pub(super) fn is_unused(&self, link: &Digest) -> bool {
        let unused = |stored: &StoredLink| !stored.confirmed && stored.tries == 0;
        self.links.iter().any(|stored| bool::from(stored.digest.ct_eq(link)) && unused(stored))
    }

    /// Puts another token in place of that of a link that is alive.
    pub(super) fn renew_link(
        &mut self,
        link: &Digest,
        user_id: &UserId,
        token: &Token,
        lifetime: Duration,
        now: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let shown = |stored: &&mut StoredLink| bool::from(stored.digest.ct_eq(link)) && stored.span.is_alive(now);
        let stored = self.links.iter_mut().find(shown)?;
        (stored.digest, stored.span) = (digest(user_id, token), Span::starting(now, lifetime));
        Some(stored.span.expires_at)
    }
}

impl Document {
    pub(super) fn count_link_try(&mut self, user: &UserId, token: &Token, now: OffsetDateTime) {
        let index = self.reset.find(user, token, now);
        if let Some(link) = index.and_then(|index| self.reset.links.get_mut(index)) {
            link.tries = link.tries.saturating_add(1);
            let mailed_at = link.span.issued_at;
            self.mail_arrived(mailed_at, now);
        }
    }
}

impl User {
    /// Adds a link to mail, if the account is active, has room for one and the last mail was long enough ago. The time of the
    /// next is part of the same state.
    pub(crate) fn add_reset_link(
        &self,
        limits: &LinkLimits,
        cooldown: &Cooldown,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> NewLink {
        let reset = &self.document.reset;
        let alive = reset.links.iter().filter(|link| link.span.is_alive(now)).count();
        if !self.is_active() || alive >= limits.at_most {
            return NewLink::Withheld;
        }
        let mailed = match Attempts::charge(reset.cooldown.as_ref(), cooldown, now, fresh.version) {
            Charge::Due(mailed) => mailed,
            Charge::Early { .. } => return NewLink::CoolingDown(None),
            Charge::SetBack { rewritten, .. } => {
                let rewritten = self.next(fresh, |document| document.reset.cooldown = Some(rewritten));
                return NewLink::CoolingDown(Some(rewritten));
            }
        };
        let token = Token::new(self.id.clone(), fresh.secret.clone());
        let span = Span::starting(now, limits.lifetime);
        let user = self.next(fresh, |document| {
            document.reset.cooldown = Some(mailed);
            let links = &mut document.reset.links;
            links.retain(|link| link.span.is_alive(now));
            let digest = digest(&self.id, &token);
            links.push(StoredLink { digest, span, confirmed: false, tries: 0, extra: Extra::new() });
            document.mail(OwedMail::ResetLink);
        });
        NewLink::Added { token, expires_at: span.expires_at, user }
    }

    /// Confirms a link: one state both marks it and holds the new temporary password's digest.
    pub(crate) fn confirm_reset(
        &self,
        token: &Token,
        temporary: Digest,
        limits: &LinkLimits,
        devices: &DeviceLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Confirmation {
        let Some(index) = self.document.reset.find(&self.id, token, now).filter(|_| self.is_active()) else {
            return Confirmation::Invalid;
        };
        // A time in the future means that the clock was set back: then nothing is known to have been mailed just now.
        let mailed_at = self.document.reset.mailed_at.filter(|mailed_at| *mailed_at <= now);
        let retry_after = mailed_at.map_or(Duration::ZERO, |mailed_at| until(now, after(mailed_at, limits.cooldown)));
        if retry_after > Duration::ZERO {
            return Confirmation::Early { retry_after };
        }
        let opened = Span::starting(now, limits.temporary_lifetime);
        let mut device = None;
        let user = self.next(fresh, |document| {
            if let Some(link) = document.reset.links.get_mut(index) {
                link.confirmed = true;
                let mailed_at = link.span.issued_at;
                document.mail_arrived(mailed_at, now);
            }
            document.reset.opened = Some(opened);
            document.reset.mailed_at = Some(now);
            document.install_temporary(temporary, TemporaryOrigin::Reset, limits.temporary_lifetime, now);
            let devices = DeviceLimits { lifetime: limits.temporary_lifetime, ..*devices };
            document.mail(OwedMail::TemporaryPassword);
            device = document.remember_provisionally(&self.id, &devices, now, fresh);
        });
        Confirmation::Confirmed { user, device, expires_at: opened.expires_at }
    }

    /// Whether this link by itself still authorises setting a password.
    pub(crate) fn reset_link_opens(&self, token: &Token, limits: &LinkLimits, now: OffsetDateTime) -> bool {
        let reset = &self.document.reset;
        let link = reset.find(&self.id, token, now).and_then(|index| reset.links.get(index));
        self.is_active() && link.is_some_and(|link| link.tries < limits.tries)
    }

    /// Counts one try against the link, before the hash it costs is computed.
    pub(crate) fn count_reset_link_try(&self, token: &Token, now: OffsetDateTime, fresh: &Fresh) -> User {
        self.next(fresh, |document| document.count_link_try(&self.id, token, now))
    }

    /// Cancels a recovery that someone else started, for a signed-in user who has given a code: everything mailed for it
    /// becomes invalid.
    pub(crate) fn cancel_recovery(&self, fresh: &Fresh) -> User {
        self.next(fresh, |document| {
            document.reset.void();
            document.temporary.take_if(|temporary| temporary.origin.is_reset());
            document.challenges.retain(|challenge| challenge.assurance != Assurance::TemporaryPassword);
            document.forget_provisional_devices();
        })
    }

    pub(crate) fn recovery(&self, now: OffsetDateTime) -> Recovery {
        match self.document.reset.opened {
            Some(span) if span.is_alive(now) => Recovery::Open { until: span.expires_at },
            _ => Recovery::None,
        }
    }
}
