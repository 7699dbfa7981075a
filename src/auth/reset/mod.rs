//! "Forgot your password?": request, confirm, complete.

mod complete;
mod confirm;
mod request;

pub use request::ResetRequest;

use super::{Auth, set_password};
use crate::engine::Engine;
use crate::error::Unavailable;
use crate::password::ResetLinkStatus;
use crate::types::ResetToken;
use crate::user::User;

/// # "Forgot your password?": the link
impl Auth {
    /// Whether a link's token would work now: for the page that the link opens. It changes nothing, so mail scanners and previews
    /// may fetch that page as often as they like.
    ///
    /// # Errors
    /// [`Unavailable`] if nothing could be decided.
    pub async fn inspect_reset(&self, token: &str) -> Result<ResetLinkStatus, Unavailable> {
        let engine = &self.engine;
        engine.open()?;
        let Ok(token) = ResetToken::parse(token) else { return Ok(ResetLinkStatus::Invalid) };
        let Some(user) = owner(engine, &token).await? else { return Ok(ResetLinkStatus::Invalid) };
        let opens = user.reset_link_opens(&token, &engine.config.link_limits(), engine.now());
        Ok(if opens { ResetLinkStatus::Valid } else { ResetLinkStatus::Invalid })
    }

    /// The shortest time between two reset mails to one account, for the page that says so.
    pub fn reset_cooldown(&self) -> core::time::Duration {
        self.engine.config.reset.cooldown
    }
}

/// The user that a link claims to belong to. Where there is none, the link is compared with the decoy's.
async fn owner(engine: &Engine, token: &ResetToken) -> Result<Option<User>, Unavailable> {
    let found = engine.users.find_claimed(&token.0.user_id).await?;
    if found.is_none() {
        let limits = engine.config.link_limits();
        core::hint::black_box(engine.users.decoy.reset_link_opens(token, &limits, engine.now()));
    }
    Ok(found)
}
