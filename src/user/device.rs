//! Devices: browsers from which the user has signed in before.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::document::{Document, Extra};
use super::{Fresh, User};
use crate::crypto::{Purpose, sha256};
use crate::types::{DeviceId, DeviceToken, Digest, Span, Token, UserId, after, micros};

/// What a device token is good for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeviceGrade {
    /// A throttle lane of one's own, so that strangers' failures delay nobody on this device.
    Lane,
}

/// A device as it is listed to its owner. Its id names it for [`revoke_device`](crate::Auth::revoke_device) and proves
/// nothing.
#[derive(Clone, Deserialize, Serialize)]
pub struct Device {
    id: DeviceId,
    digest: Digest,
    grade: DeviceGrade,
    #[serde(with = "micros")]
    granted_at: OffsetDateTime,
    /// From the last use on, so that a device in use never expires.
    #[serde(flatten)]
    span: Span,
    #[serde(flatten)]
    extra: Extra,
}

impl Device {
    /// The id, for revoking it.
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// What its token is good for.
    pub fn grade(&self) -> DeviceGrade {
        self.grade
    }

    /// When the token was granted.
    pub fn granted_at(&self) -> OffsetDateTime {
        self.granted_at
    }

    /// When it was last used to sign in.
    pub fn last_used_at(&self) -> OffsetDateTime {
        self.span.issued_at
    }

    /// When the token stops working unless it is used before.
    pub fn expires_at(&self) -> OffsetDateTime {
        self.span.expires_at
    }
}

impl core::fmt::Debug for Device {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Device")
            .field("id", &self.id)
            .field("grade", &self.grade)
            .field("granted_at", &self.granted_at)
            .field("last_used_at", &self.last_used_at())
            .finish_non_exhaustive()
    }
}

/// Bounds on devices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceLimits {
    pub(crate) lifetime: Duration,
    pub(crate) at_most: usize,
    /// A device used within this time is never evicted by a new one.
    pub(crate) protected: Duration,
}

/// A device that a client has shown to be: it holds a live token of this user.
#[derive(Clone, Debug)]
pub(crate) struct ShownDevice {
    pub(crate) id: DeviceId,
    token: DeviceToken,
}

fn digest(user_id: &UserId, token: &Token) -> Digest {
    sha256(Purpose::Device, &[user_id.as_str().as_bytes(), token.secret.expose()])
}

impl User {
    /// The user's devices whose tokens still work, the most recently used first.
    pub(crate) fn devices(&self, now: OffsetDateTime) -> Vec<Device> {
        let mut devices: Vec<_> = self.document.devices.iter().filter(|d| d.span.is_alive(now)).cloned().collect();
        devices.sort_by_key(|device| core::cmp::Reverse(device.last_used_at()));
        devices
    }

    /// The device that this token is of, if it is a live one of this user.
    pub(crate) fn shown_device(&self, token: &DeviceToken, now: OffsetDateTime) -> Option<ShownDevice> {
        let shown = digest(&self.id, &token.0);
        let alive = |device: &&Device| device.span.is_alive(now) && token.0.user_id == self.id;
        let device = self.document.devices.iter().filter(alive).find(|d| d.digest.ct_eq(&shown).into())?;
        Some(ShownDevice { id: device.id, token: token.clone() })
    }

    /// Without that device; `None` if there is no such device.
    pub(crate) fn revoke_device(&self, id: DeviceId, fresh: &Fresh) -> Option<User> {
        let known = self.document.devices.iter().any(|device| device.id == id);
        known.then(|| self.next(fresh, |document| document.devices.retain(|device| device.id != id)))
    }
}

impl Document {
    /// Remembers the browser that just proved itself: renews the device it has shown to be, or makes it a new one.
    ///
    /// `None` means that all places are taken by devices used recently. The sign-in is as good without.
    pub(super) fn remember_device(
        &mut self,
        user_id: &UserId,
        shown: Option<&ShownDevice>,
        limits: &DeviceLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<DeviceToken> {
        let span = Span::starting(now, limits.lifetime);
        self.devices.retain(|device| device.span.is_alive(now));
        if let Some((shown, device)) =
            shown.and_then(|shown| Some((shown, self.devices.iter_mut().find(|device| device.id == shown.id)?)))
        {
            device.span = span;
            return Some(shown.token.clone());
        }
        if self.devices.len() >= limits.at_most {
            let evictable = |device: &&Device| after(device.last_used_at(), limits.protected) <= now;
            let oldest = self.devices.iter().filter(evictable).min_by_key(|device| device.last_used_at())?.id;
            self.devices.retain(|device| device.id != oldest);
        }
        let token = Token { user_id: user_id.clone(), secret: fresh.device_secret.clone() };
        self.devices.push(Device {
            id: fresh.device_id,
            digest: digest(user_id, &token),
            grade: DeviceGrade::Lane,
            granted_at: now,
            span,
            extra: Extra::new(),
        });
        Some(DeviceToken(token))
    }
}
