//! "Forgot your password?": request, confirm, complete.

mod complete;
mod confirm;
mod request;

pub use request::ResetRequest;

use super::{Auth, set_password};
use crate::engine::Engine;
use crate::error::Unavailable;
use crate::password::ResetLinkStatus;
use crate::types::{Malformed, ResetToken, Token};
use crate::user::User;

/// # "Forgot your password?": the link
impl Auth {
    /// Whether a link's token would work now: for the page that the link opens. It changes nothing, so mail scanners and previews
    /// may fetch that page as often as they like. The token is mended as by [`read_reset_token`](Self::read_reset_token).
    ///
    /// # Errors
    /// [`Unavailable`] if nothing could be decided.
    pub async fn inspect_reset(&self, token: &str) -> Result<ResetLinkStatus, Unavailable> {
        let engine = &self.engine;
        engine.open()?;
        let Ok(token) = ResetToken::from_link(token) else { return Ok(ResetLinkStatus::Damaged) };
        let Some((token, user)) = opened(engine, &token).await? else { return Ok(ResetLinkStatus::Invalid) };
        let opens = user.reset_link_opens(&token, &engine.config.link_limits(), engine.now());
        Ok(if opens { ResetLinkStatus::Valid } else { ResetLinkStatus::Invalid })
    }

    /// The token in what a link brought along, mended: for a page that keeps it in a cookie or a hidden field until the POST.
    ///
    /// Mail clients and people with a mouse take a bracket or a full stop into the link, break it over two lines, put blanks or
    /// invisible characters into it, or leave a `3D` of quoted-printable before the token. The exact form of a token shows which
    /// characters belong to it, so all of that is mended; a whole link or a sentence with one token in it is read too. A text of
    /// which something is missing, or that has another letter or digit where the token ends, is not. [`confirm_reset`] and the other
    /// calls that take a token mend it themselves.
    ///
    /// What is returned is at most 238 letters, digits, `-`, `_` and one dot. **It is the secret itself.** Only the form was looked
    /// at: the link may be used, expired, or made up.
    ///
    /// # Errors
    /// [`Malformed`] if the link is damaged: say what the message of
    /// [`ConfirmResetError::LinkDamaged`](crate::error::ConfirmResetError::LinkDamaged) says.
    ///
    /// ```
    /// use doorward::Auth;
    ///
    /// let token = "NDcxMQ.OJuXRSMtQfkOHS8ILfW2XQtvU7NhG1CDrXK8lPBDe6I"; // `…?token=` and this is the link
    /// let mangled = format!("3D{}=\r\n{}>.", &token[..20], &token[20..]);
    /// assert_eq!(Auth::read_reset_token(&mangled)?, token);
    /// assert!(Auth::read_reset_token(&token[..40]).is_err(), "cut off");
    /// # Ok::<(), doorward::error::Malformed>(())
    /// ```
    ///
    /// [`confirm_reset`]: Self::confirm_reset
    pub fn read_reset_token(text: &str) -> Result<String, Malformed> {
        ResetToken::from_link(text).map(|token| token.expose())
    }

    /// The shortest time between two reset mails to one account, for the page that says so.
    pub fn reset_cooldown(&self) -> core::time::Duration {
        self.engine.config.reset.cooldown
    }
}

/// The token of a link, and the user that it claims to belong to. Where there is none, the link is compared with the decoy's.
async fn opened(engine: &Engine, token: &ResetToken) -> Result<Option<(Token, User)>, Unavailable> {
    let Some(token) = engine.users.tokens.open(&token.0) else { return Ok(None) };
    let found = engine.users.find_claimed(&token.user_id).await?;
    if found.is_none() {
        let limits = engine.config.link_limits();
        core::hint::black_box(engine.users.decoy.reset_link_opens(&token, &limits, engine.now()));
    }
    Ok(found.map(|user| (token, user)))
}
