use time::OffsetDateTime;

use super::tokens::Tokens;
use crate::types::{DeviceToken, Token};
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

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those that open; the others are ignored too.
    pub(crate) fn opened(&self, tokens: &Tokens) -> impl Iterator<Item = Token> {
        self.0.iter().filter_map(|token| tokens.open(&token.0))
    }

    /// The device of this user that one of them belongs to.
    pub(crate) fn shown_to(&self, user: &User, tokens: &Tokens, now: OffsetDateTime) -> Option<ShownDevice> {
        self.opened(tokens).find_map(|token| user.shown_device(&token, now))
    }
}
