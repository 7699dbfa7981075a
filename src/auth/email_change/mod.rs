//! Another address for an account: request, confirm, undo; or by an operator.

mod by_operator;
mod confirm;
mod request;
mod undo;

pub use request::EmailChangeRequest;

use super::Auth;
use crate::email_change::EmailLinkStatus;
use crate::engine::Engine;
use crate::error::Unavailable;
use crate::types::{Email, ResetToken, Token};
use crate::user::User;

/// # Changing the address: what a link would do
impl Auth {
    /// Whether the token of a link to a new address would work now, and which address it is: for the page that the link opens. It
    /// changes nothing, so mail scanners and previews may fetch that page as often as they like. The token is mended as by
    /// [`read_reset_token`](Self::read_reset_token).
    ///
    /// It needs no session, unlike [`confirm_email_change`](Self::confirm_email_change): the page may ask the user to sign in.
    ///
    /// # Errors
    /// [`Unavailable`] if nothing could be decided.
    pub async fn inspect_email_change(&self, token: &str) -> Result<EmailLinkStatus, Unavailable> {
        let engine = &self.engine;
        let find = |user: &User, token: &Token| user.email_of_change(token, engine.now()).cloned();
        inspect(engine, token, find).await
    }

    /// Whether the token of a link that takes a change back would work now, and which address the account would have again: for the
    /// page that the link opens. It changes nothing. The token is mended as by [`read_reset_token`](Self::read_reset_token).
    ///
    /// # Errors
    /// [`Unavailable`] if nothing could be decided.
    pub async fn inspect_email_undo(&self, token: &str) -> Result<EmailLinkStatus, Unavailable> {
        let engine = &self.engine;
        let find = |user: &User, token: &Token| user.email_of_undo(token, engine.now()).cloned();
        inspect(engine, token, find).await
    }
}

async fn inspect(
    engine: &Engine,
    token: &str,
    find: impl Fn(&User, &Token) -> Option<Email> + Send + Sync,
) -> Result<EmailLinkStatus, Unavailable> {
    engine.open()?;
    let Ok(token) = ResetToken::from_link(token) else { return Ok(EmailLinkStatus::Damaged) };
    let found = opened(engine, &token, &find).await?;
    let email = found.and_then(|(token, user)| find(&user, &token));
    Ok(email.map_or(EmailLinkStatus::Invalid, |email| EmailLinkStatus::Valid { email }))
}

/// The token of a link, and the user that it claims to belong to. Where there is none, the link is compared with the decoy's.
async fn opened<T>(
    engine: &Engine,
    token: &ResetToken,
    find: impl Fn(&User, &Token) -> T + Send + Sync,
) -> Result<Option<(Token, User)>, Unavailable> {
    let Some(token) = engine.users.tokens.open(&token.0) else { return Ok(None) };
    let found = engine.users.find_claimed(&token.user_id).await?;
    if found.is_none() {
        core::hint::black_box(find(&engine.users.decoy, &token));
    }
    Ok(found.map(|user| (token, user)))
}
