use crate::auth::Auth;
use crate::auth::outcome::SignedIn;
use crate::engine::{Committed, Decision, Engine};
use crate::error::ConfirmEmailChangeError;
use crate::event::EventKind;
use crate::types::ResetToken;
use crate::user::{EmailConfirmation, OpenSession, OwedMail, Recovery, User};

/// # Changing the address: confirming
impl Auth {
    /// Gives the account the address to which the link was mailed. Call it for an explicit POST, never for a GET, in a session of the
    /// very user who asked for it: someone who opens a stranger's link changes nothing.
    ///
    /// The acting session continues as the [`SignedIn`] returned. Everything else that was issued before ends: other sessions and
    /// devices, reset links, what was mailed to the old address, other changes that wait. The new address is told. The old one is mailed
    /// a link that takes the change back for seven days ([`undo_email_change`](Self::undo_email_change)), and still gets what was owed
    /// to it.
    ///
    /// The token is mended as by [`read_reset_token`](Self::read_reset_token).
    ///
    /// # Errors
    /// [`ConfirmEmailChangeError`]. Nothing changed. After `SessionEnded`, or if nobody is signed in, let the user sign in with the
    /// previous address and open the link again.
    ///
    /// ```
    /// use doorward::email_change::ConfirmEmailChangeError;
    /// use doorward::{Auth, SignedIn};
    ///
    /// async fn confirm(auth: &Auth, ann: &SignedIn, token: &str) -> Result<SignedIn, String> {
    ///     match auth.confirm_email_change(ann, token).await {
    ///         Ok(ann) => Ok(ann), // keep its token in place of the one before
    ///         Err(ConfirmEmailChangeError::SessionEnded) => Err("show the sign-in page, then this one again".to_owned()),
    ///         Err(error) => Err(error.user_message()),
    ///     }
    /// }
    /// ```
    pub async fn confirm_email_change(
        &self,
        signed_in: &SignedIn,
        token: &str,
    ) -> Result<SignedIn, ConfirmEmailChangeError> {
        let engine = &self.engine;
        engine.open()?;
        let Ok(token) = ResetToken::from_link(token) else {
            engine.events.report_about(EventKind::EmailLinkDamaged, None);
            return Err(ConfirmEmailChangeError::LinkDamaged);
        };
        let found = engine.sessions.find(signed_in.shown()).await?;
        let (user, _) = found.ok_or(ConfirmEmailChangeError::SessionEnded)?;
        let Some(token) = engine.users.tokens.open(&token.0) else {
            return Err(rejected(engine, &user, ConfirmEmailChangeError::LinkInvalid));
        };
        if token.user_id != *user.id() {
            return Err(rejected(engine, &user, ConfirmEmailChangeError::OtherAccount));
        }
        let limits = engine.config.email_change_limits();
        let outcome = engine
            .users
            .commit(user, |user, fresh| {
                let now = engine.now();
                let session = match may_confirm(engine, user, signed_in) {
                    Ok(session) => session,
                    Err(refused) => return Decision::Answer(Err(refused)),
                };
                let refused = match user.confirm_email_change(&session, &token, &limits, now, fresh) {
                    EmailConfirmation::Confirmed { session, undo, expires_at, user } => {
                        let decision = Decision::store(user, Ok((session, undo, now, expires_at)));
                        return decision.reporting(EventKind::EmailChanged);
                    }
                    EmailConfirmation::Invalid => rejected(engine, user, ConfirmEmailChangeError::LinkInvalid),
                    EmailConfirmation::TooMany { retry_after } => {
                        ConfirmEmailChangeError::TooManyChanges { retry_after }
                    }
                };
                Decision::Answer(Err(refused))
            })
            .await?;
        let (confirmed, user) = match outcome {
            Committed::Done(confirmed, user) => (confirmed?, user),
            Committed::Gone => return Err(ConfirmEmailChangeError::SessionEnded),
            Committed::EmailTaken => return Err(ConfirmEmailChangeError::EmailTaken),
        };
        let (session, undo, at, expires_at) = confirmed;
        engine.mailing.send_later(&user, OwedMail::EmailUndo, engine.mailing.email_undo(&undo, at, expires_at)).await;
        engine.mailing.notify(&user).await;
        Ok(engine.signed_in(&user, session, None))
    }
}

/// Whether this session may change the address now.
fn may_confirm(engine: &Engine, user: &User, signed_in: &SignedIn) -> Result<OpenSession, ConfirmEmailChangeError> {
    let Some(session) = engine.sessions.of(user, signed_in.shown()) else {
        engine.sessions.report_rejected(signed_in.shown());
        return Err(ConfirmEmailChangeError::SessionEnded);
    };
    match user.recovery(engine.now()) {
        // The old password alone must not undo a recovery.
        Recovery::Open { until } => Err(ConfirmEmailChangeError::RecoveryPending { until }),
        Recovery::None => Ok(session),
    }
}

fn rejected(engine: &Engine, user: &User, error: ConfirmEmailChangeError) -> ConfirmEmailChangeError {
    engine.events.report_about(EventKind::EmailLinkRejected, Some(user));
    error
}
