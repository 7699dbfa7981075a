use super::Engine;
use crate::error::Unavailable;
use crate::types::{DeviceToken, Email};
use crate::user::{ShownDevice, User};

/// How many device tokens of one browser are looked at: the work of a request is bounded.
const AT_MOST: usize = 5;

/// The device tokens that a browser has shown: one for each of the people who share it.
#[derive(Clone, Default)]
pub(crate) struct DeviceTokens(Vec<DeviceToken>);

impl DeviceTokens {
    /// What is no token, and what is too many, is ignored.
    pub(crate) fn add(&mut self, cookie: &str) {
        let room = self.0.len() < AT_MOST;
        self.0.extend(DeviceToken::parse(cookie).ok().filter(|_| room));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The device of this user that one of them is of.
    pub(crate) fn shown_to(&self, user: &User, engine: &Engine) -> Option<ShownDevice> {
        let now = engine.now();
        self.0.iter().find_map(|token| user.shown_device(token, now))
    }
}

impl Engine {
    /// The device that the tokens show, if it is one of whoever has that address.
    ///
    /// Users are looked up by the ids that the tokens name and never by the address: so the time this takes says nothing of the
    /// address, and of an id no more than whoever made up the token knows.
    pub(crate) async fn find_shown_device(
        &self,
        email: &Email,
        tokens: &DeviceTokens,
    ) -> Result<Option<(User, ShownDevice)>, Unavailable> {
        for token in &tokens.0 {
            let found = self.find_claimed(&token.0.user_id).await?;
            let Some(user) = found.filter(|user| user.email() == email) else { continue };
            if let Some(shown) = user.shown_device(token, self.now()) {
                return Ok(Some((user, shown)));
            }
        }
        Ok(None)
    }
}
