//! Devices: browsers from which the user has signed in before.

use core::time::Duration;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::session_limits::{AHEAD_BELIEVED, SessionLimits};
use super::state::User;
use super::stored::{Document, Extra, StoredDevice, StoredGrade};
use crate::crypto::{Purpose, sha256};
use crate::session::{Device, DeviceGrade};
use crate::types::{DeviceId, Digest, Span, Token, UserId, after};

/// Bounds on devices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceLimits {
    pub(crate) lifetime: Duration,
    pub(crate) at_most: usize,
    /// A device used within this time is never evicted by a new one.
    pub(crate) protected: Duration,
    /// Nor is one on which a session is alive by these.
    pub(crate) sessions: SessionLimits,
}

/// Which devices a new one may evict when all places are taken. None on which a session is alive: whoever merely knows the
/// password must not end it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Evicts {
    /// Devices whose tokens have expired, then those that were not used for a while.
    Idle,
    /// Only devices whose tokens have expired, for a caller who has not proved everything, or who acts while a recovery is open.
    Dead,
}

/// A device that a client has shown to be: it holds a live token of this user.
#[derive(Clone, Debug)]
pub(crate) struct ShownDevice {
    pub(crate) id: DeviceId,
    /// Not kept between the steps of a sign-in.
    token: Option<Token>,
    /// Whether a code was right on it before.
    pub(crate) factor_proved: bool,
    /// Whether no code is asked for on it.
    pub(crate) factor_remembered: bool,
}

/// The browser that has just proved itself: which device it is from now on.
pub(super) struct Remembered {
    pub(super) id: DeviceId,
    /// The token for its cookie; `None` if it has it already.
    pub(super) token: Option<Token>,
}

fn digest(user_id: &UserId, token: &Token) -> Digest {
    sha256(Purpose::Device, &[user_id.as_str().as_bytes(), token.secret.expose()])
}

impl User {
    /// The user's devices, the most recently used first.
    pub(crate) fn devices(&self, now: OffsetDateTime) -> Vec<Device> {
        let listed = self.document.devices.iter().filter(|device| !device.provisional || device.span.is_alive(now));
        let mut devices: Vec<_> = listed.map(|device| device.listed(now)).collect();
        devices.sort_by_key(|device| core::cmp::Reverse(device.last_used_at));
        devices
    }

    /// The device that this token is of, if it is a live one of this user.
    pub(crate) fn shown_device(&self, token: &Token, now: OffsetDateTime) -> Option<ShownDevice> {
        let shown = digest(&self.id, token);
        let alive = |device: &&StoredDevice| device.span.is_alive(now) && token.user_id == self.id;
        let device = self.document.devices.iter().filter(alive).find(|d| d.digest.ct_eq(&shown).into())?;
        Some(device.shown(Some(token.clone()), now))
    }

    /// The device of that id, if it still is one.
    pub(super) fn known_device(&self, id: DeviceId, now: OffsetDateTime) -> Option<ShownDevice> {
        let device = self.document.devices.iter().find(|device| device.id == id && device.span.is_alive(now))?;
        Some(device.shown(None, now))
    }

    /// Without that device and its sessions; `None` if there is no such device.
    pub(crate) fn revoke_device(&self, id: DeviceId, fresh: &Fresh) -> Option<User> {
        let known = self.document.devices.iter().any(|device| device.id == id);
        known.then(|| {
            self.next(fresh, |document| {
                document.devices.retain(|device| device.id != id);
                document.open_sessions_mut().retain(|stored| stored.device != Some(id));
            })
        })
    }
}

impl StoredDevice {
    fn listed(&self, now: OffsetDateTime) -> Device {
        let remembered_until = self.factor_expires_at.filter(|_| self.is_factor_remembered(now));
        Device {
            id: self.id,
            grade: if remembered_until.is_some() { DeviceGrade::Remembered } else { DeviceGrade::Known },
            granted_at: self.granted_at,
            last_used_at: self.span.issued_at,
            expires_at: self.span.expires_at,
            second_factor_remembered_until: remembered_until,
        }
    }

    fn shown(&self, token: Option<Token>, now: OffsetDateTime) -> ShownDevice {
        let (factor_proved, factor_remembered) = (self.factor_proved_at.is_some(), self.is_factor_remembered(now));
        ShownDevice { id: self.id, token, factor_proved, factor_remembered }
    }

    fn is_factor_remembered(&self, now: OffsetDateTime) -> bool {
        let spans = self.factor_proved_at.zip(self.factor_expires_at);
        let alive = spans.is_some_and(|(issued_at, expires_at)| Span { issued_at, expires_at }.is_alive(now));
        self.grade == StoredGrade::Remembered && alive
    }
}

impl Document {
    /// A code was right on that device.
    pub(super) fn mark_factor_proved(&mut self, id: Option<DeviceId>, now: OffsetDateTime) {
        for device in self.devices.iter_mut().filter(|device| Some(device.id) == id) {
            device.factor_proved_at = Some(now);
        }
    }

    /// From now on no code is asked for on that device, for so long.
    pub(super) fn remember_factor(&mut self, id: DeviceId, lifetime: Duration, now: OffsetDateTime) {
        for device in self.devices.iter_mut().filter(|device| device.id == id) {
            device.grade = StoredGrade::Remembered;
            device.factor_expires_at = Some(after(now, lifetime));
        }
    }

    /// The second factor was replaced: proofs of the old one, on devices or in an incomplete sign-in, no longer count.
    pub(super) fn forget_proofs_of_the_factor(&mut self) {
        for device in &mut self.devices {
            (device.grade, device.factor_proved_at, device.factor_expires_at) = (StoredGrade::Known, None, None);
        }
        self.challenges.retain(|challenge| !challenge.factor_passed);
    }

    /// Remembers the browser that confirmed a reset, until the temporary password is used or expires. There is only one such
    /// device at a time, so anyone who reads the mailbox but gets no further takes only one place.
    pub(super) fn remember_provisionally(
        &mut self,
        user_id: &UserId,
        limits: &DeviceLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<Token> {
        self.forget_provisional_devices();
        let remembered = self.remember_device(user_id, None, limits, Evicts::Dead, now, fresh)?;
        for device in self.devices.iter_mut().filter(|device| device.id == remembered.id) {
            device.provisional = true;
        }
        remembered.token
    }

    pub(super) fn forget_provisional_devices(&mut self) {
        self.devices.retain(|device| !device.provisional);
    }

    /// Remembers the browser that just proved itself: renews the device it has shown to be, or makes it a new one.
    ///
    /// `None` if all places are taken by devices that may not be evicted. The sign-in succeeds all the same.
    pub(super) fn remember_device(
        &mut self,
        user_id: &UserId,
        shown: Option<&ShownDevice>,
        limits: &DeviceLimits,
        evicts: Evicts,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<Remembered> {
        let span = Span::starting(now, limits.lifetime);
        if let Some((shown, device)) =
            shown.and_then(|shown| Some((shown, self.devices.iter_mut().find(|device| device.id == shown.id)?)))
        {
            (device.span, device.provisional) = (span, false);
            return Some(Remembered { id: shown.id, token: shown.token.clone() });
        }
        // As many as are over the limit, which may have been lowered.
        while self.devices.len() >= limits.at_most {
            let in_use = |device: &StoredDevice| self.has_live_session(device.id, &limits.sessions, now);
            // A machine whose clock is ahead may have granted or renewed it.
            let dead = |device: &StoredDevice| {
                device.span.expires_at <= now || after(now, AHEAD_BELIEVED) < device.span.issued_at
            };
            let idle = |device: &StoredDevice| after(device.span.issued_at, limits.protected) <= now;
            let evictable =
                |device: &&StoredDevice| !in_use(device) && (dead(device) || evicts == Evicts::Idle && idle(device));
            let next =
                self.devices.iter().filter(evictable).min_by_key(|device| (!dead(device), device.span.issued_at));
            let next = next?.id;
            self.devices.retain(|device| device.id != next);
        }
        let token = Token::new(user_id.clone(), fresh.device_secret.clone());
        self.devices.push(StoredDevice {
            id: fresh.device_id,
            digest: digest(user_id, &token),
            grade: StoredGrade::Known,
            granted_at: now,
            factor_proved_at: None,
            factor_expires_at: None,
            provisional: false,
            span,
            extra: Extra::new(),
        });
        Some(Remembered { id: fresh.device_id, token: Some(token) })
    }
}
