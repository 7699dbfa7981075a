use time::OffsetDateTime;

use crate::types::DeviceToken;
use crate::user::{ShownDevice, User};

/// How many device tokens of one browser are looked at: the work of a request is bounded.
const AT_MOST: usize = 5;

/// The device tokens that a browser has shown: one for each of the people who share it.
#[derive(Clone, Default)]
pub(crate) struct DeviceTokens(Vec<DeviceToken>);

impl DeviceTokens {
    /// Malformed tokens, and those beyond the bound, are ignored.
    pub(crate) fn add(&mut self, cookie: &str) {
        let room = self.0.len() < AT_MOST;
        self.0.extend(DeviceToken::parse(cookie).ok().filter(|_| room));
    }

    pub(crate) fn iter(&self) -> core::slice::Iter<'_, DeviceToken> {
        self.0.iter()
    }

    /// The device of this user that one of them belongs to.
    pub(crate) fn shown_to(&self, user: &User, now: OffsetDateTime) -> Option<ShownDevice> {
        self.0.iter().find_map(|token| user.shown_device(token, now))
    }
}
