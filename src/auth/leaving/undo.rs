use super::Auth;
use crate::engine::{Committed, Decision, Engine};
use crate::error::Unavailable;
use crate::error::leaving::UndoDeletionError;
use crate::event::EventKind;
use crate::leaving::UndoLinkStatus;
use crate::types::{Malformed, ResetToken, Token, UserId};
use crate::user::User;

/// # Leaving: undoing the deletion
impl Auth {
    /// Whether a link's token would undo a deletion now: for the page that the link opens. It changes nothing, so mail scanners and
    /// previews may fetch that page as often as they like. The token is mended as by [`read_reset_token`](Self::read_reset_token).
    ///
    /// # Errors
    /// [`Unavailable`] if nothing could be decided.
    pub async fn inspect_deletion(&self, token: &str) -> Result<UndoLinkStatus, Unavailable> {
        let engine = &self.engine;
        engine.open()?;
        let Ok(token) = ResetToken::from_link(token) else { return Ok(UndoLinkStatus::Damaged) };
        let Some((token, user)) = opened(engine, &token).await? else { return Ok(UndoLinkStatus::Invalid) };
        Ok(match user.undoes_deletion(&token, engine.now()) {
            Some(gone_at) => UndoLinkStatus::Valid { gone_at },
            None => UndoLinkStatus::Invalid,
        })
    }

    /// Undoes the deletion that the owner asked for: the account is as before, without sessions and devices, and the owner signs in with
    /// the password and the second factor as always. Call it for an explicit POST, never for a GET: mail scanners follow links. A notice
    /// is mailed. The token is mended as by [`read_reset_token`](Self::read_reset_token).
    ///
    /// The link works until the grace is over, and no longer once an operator has deactivated the account.
    ///
    /// # Errors
    /// [`UndoDeletionError`].
    ///
    /// ```
    /// use doorward::Auth;
    /// use doorward::leaving::UndoDeletionError;
    ///
    /// async fn undo(auth: &Auth, token: &str) -> Result<String, UndoDeletionError> {
    ///     match auth.undo_deletion(token).await {
    ///         Ok(_) => Ok("You keep your account. Please sign in.".to_owned()),
    ///         Err(error @ UndoDeletionError::LinkInvalid) => Ok(error.user_message()),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn undo_deletion(&self, token: &str) -> Result<UserId, UndoDeletionError> {
        let engine = &self.engine;
        engine.open()?;
        let Ok(token) = ResetToken::from_link(token) else {
            engine.events.report_about(EventKind::DeletionLinkDamaged, None);
            return Err(UndoDeletionError::LinkDamaged);
        };
        let Some((token, user)) = opened(engine, &token).await? else { return Err(refused(engine, None)) };
        let outcome = engine
            .users
            .commit(user.clone(), |user, fresh| match user.undo_deletion(&token, engine.now(), fresh) {
                Some(next) => Decision::store(next, true).reporting(EventKind::DeletionUndone),
                None => Decision::Answer(false),
            })
            .await?;
        match outcome {
            Committed::Done(true, user) => {
                engine.mailing.notify(&user).await;
                Ok(user.id().clone())
            }
            // Used, over, or decided otherwise; or the account was deleted in the meantime.
            _ => Err(refused(engine, Some(&user))),
        }
    }

    /// The token in what a link brought along, mended as by [`read_reset_token`](Self::read_reset_token): for a page that keeps it in
    /// a cookie or a hidden field until the POST. **It is the secret itself**, at most 238 letters, digits, `-`, `_` and one dot.
    ///
    /// # Errors
    /// [`Malformed`] if the link is damaged.
    ///
    /// ```
    /// use doorward::Auth;
    ///
    /// assert!(Auth::read_deletion_token("https://acme.example/leaving/undo?token=NDcx").is_err(), "cut off");
    /// ```
    pub fn read_deletion_token(text: &str) -> Result<String, Malformed> {
        ResetToken::from_link(text).map(|token| token.expose())
    }
}

/// The token of a link, and the user that it claims to belong to. Where there is none, the link is compared with the decoy's.
async fn opened(engine: &Engine, token: &ResetToken) -> Result<Option<(Token, User)>, Unavailable> {
    let Some(token) = engine.users.tokens.open(&token.0) else { return Ok(None) };
    let found = engine.users.find_claimed(&token.user_id).await?;
    if found.is_none() {
        core::hint::black_box(engine.users.decoy.undoes_deletion(&token, engine.now()));
    }
    Ok(found.map(|user| (token, user)))
}

fn refused(engine: &Engine, user: Option<&User>) -> UndoDeletionError {
    engine.events.report_about(EventKind::DeletionLinkRejected, user);
    UndoDeletionError::LinkInvalid
}
