use core::time::Duration;
use std::sync::Arc;

use crate::auth::Auth;
use crate::auth::client::Client;
use crate::auth::outcome::SignedIn;
use crate::email_change::EmailChangeRequested;
use crate::engine::{Asked, Caller, Committed, Decision, Engine, Found};
use crate::error::RequestEmailChangeError;
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::second_factor::StepUp;
use crate::types::{ClientAddress, Email};
use crate::user::{EmailRequest, OpenSession, Recovery, User};

/// The address that a signed-in user wants, and what the host knows of the client.
///
/// `Debug` does not show the address.
///
/// ```
/// use doorward::email_change::EmailChangeRequest;
/// use doorward::{ClientAddress, Email};
///
/// let request = EmailChangeRequest::new(Email::confirmed("ann@new.example", "Ann@new.example")?)
///     .client_address(ClientAddress::from_ip([192, 0, 2, 7].into()))
///     .request_id("7c1d");
/// # Ok::<(), doorward::error::UnconfirmedEmail>(())
/// ```
#[derive(Clone)]
pub struct EmailChangeRequest {
    new: Email,
    client: Client,
}

impl EmailChangeRequest {
    /// For this address, as the user typed it. Ask for it twice ([`Email::confirmed`]): a mail to a mistyped one is lost.
    pub fn new(new: Email) -> Self {
        Self { new, client: Client::default() }
    }

    /// Where the request comes from. From one client address come at most 100 requests at once, then one per second.
    #[must_use]
    pub fn client_address(self, address: ClientAddress) -> Self {
        Self { client: self.client.address(address), ..self }
    }

    /// The host's id of the request. It appears in the event, up to 64 characters of it.
    #[must_use]
    pub fn request_id(self, request_id: &str) -> Self {
        Self { client: self.client.request_id(request_id), ..self }
    }
}

impl From<Email> for EmailChangeRequest {
    fn from(new: Email) -> Self {
        Self::new(new)
    }
}

impl core::fmt::Debug for EmailChangeRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("EmailChangeRequest").field("client", &self.client).finish_non_exhaustive()
    }
}

/// # Changing the address: requesting
impl Auth {
    /// Asks for another address: a link goes to the new one, and a notice to the one that the account has. Nothing changes until
    /// [`confirm_email_change`](Self::confirm_email_change). It needs a fresh proof, as everything that decides who gets in.
    ///
    /// **The response is the same for a free address and one that has an account.** Say that a mail is on its way. Which of the two it is
    /// is looked up in [`background`](crate::AuthBuilder::background) work: the owner of a taken address is mailed that someone wanted to
    /// use it, and the user who asked for it never learns why no link came.
    ///
    /// Three changes may wait for their confirmation; of more, the oldest is void. Each is void once its owner changes a credential or
    /// signs out other sessions, or when its hour is over ([`EmailChangeConfig::lifetime`](crate::config::EmailChangeConfig::lifetime)). The link is not
    /// [owed](crate::AuthBuilder::owed_mails): if it does not arrive, the user asks again after the cooldown. The notice is.
    ///
    /// **Limits.** One address gets at most one link for each [cooldown](crate::config::ResetConfig::cooldown), whoever asks. A user may ask
    /// three times at once, then once for each cooldown.
    ///
    /// # Errors
    /// [`RequestEmailChangeError`]. Nothing was stored or mailed.
    ///
    /// ```
    /// use doorward::email_change::RequestEmailChangeError;
    /// use doorward::{Auth, Email, SignedIn};
    ///
    /// async fn submit(auth: &Auth, ann: &SignedIn, new: Email) -> Result<&'static str, String> {
    ///     match auth.request_email_change(ann, new).await {
    ///         Ok(_) => Ok("We have mailed a link to the new address. Please open it within an hour."),
    ///         Err(RequestEmailChangeError::StepUpRequired { .. }) => Ok("ask for the password or a code first"),
    ///         Err(error) => Err(error.user_message()),
    ///     }
    /// }
    /// ```
    pub async fn request_email_change(
        &self,
        signed_in: &SignedIn,
        request: impl Into<EmailChangeRequest>,
    ) -> Result<EmailChangeRequested, RequestEmailChangeError> {
        let (engine, request) = (&self.engine, request.into());
        engine.open()?;
        let found = engine.sessions.find(signed_in.shown()).await?;
        let (user, session) = found.ok_or(RequestEmailChangeError::SessionEnded)?;
        may_request(engine, &user, &session)?;
        admit(engine, &user, &request.client)?;
        let limits = engine.config.email_change_limits();
        let EmailChangeRequest { new, client } = request;
        let outcome = engine
            .users
            .commit(user, |user, fresh| {
                let now = engine.now();
                let Some(session) = engine.sessions.of(user, signed_in.shown()) else {
                    return Decision::Answer(Err(RequestEmailChangeError::SessionEnded));
                };
                if let Err(refused) = may_request(engine, user, &session) {
                    return Decision::Answer(Err(refused));
                }
                let refused = match user.request_email_change(&new, &limits, now, fresh) {
                    EmailRequest::Added { token, expires_at, user } => {
                        let decision = Decision::store(user, Ok((token, now, expires_at)));
                        return decision.reporting(EventKind::EmailChangeRequested).on_request(client.id());
                    }
                    EmailRequest::Same => RequestEmailChangeError::SameEmail,
                    EmailRequest::CoolingDown { retry_after } => RequestEmailChangeError::Throttled { retry_after },
                    EmailRequest::TooMany { retry_after } => RequestEmailChangeError::TooManyChanges { retry_after },
                };
                Decision::Answer(Err(refused))
            })
            .await?;
        let Committed::Done(requested, user) = outcome else { return Err(RequestEmailChangeError::SessionEnded) };
        let (token, at, expires_at) = requested?;
        engine.mailing.notify(&user).await;
        mail_later(engine, Asked { user, new, token, at, expires_at }).await;
        Ok(EmailChangeRequested { expires_at, cooldown: limits.cooldown })
    }
}

/// Whether this session may ask for another address now.
fn may_request(engine: &Engine, user: &User, session: &OpenSession) -> Result<(), RequestEmailChangeError> {
    let now = engine.now();
    match user.recovery(now) {
        // The old password alone must not undo a recovery.
        Recovery::Open { until } => Err(RequestEmailChangeError::RecoveryPending { until }),
        Recovery::None if !user.is_freshly_proved(session, engine.config.second_factor.fresh_proof, now) => {
            Err(RequestEmailChangeError::StepUpRequired { needs: StepUp::needed_of(user) })
        }
        Recovery::None => Ok(()),
    }
}

/// Whether there may be one more request of this user and this client.
fn admit(engine: &Engine, user: &User, client: &Client) -> Result<(), RequestEmailChangeError> {
    let refused = |retry_after: Duration| {
        engine.events.report(EventKind::Throttled { retry_after }).user(user).request_id(client.id()).send();
        RequestEmailChangeError::Throttled { retry_after }
    };
    engine.requests.email_changes.admit(user.id(), client.address.as_ref()).map_err(refused)
}

/// After the response: looks the new address up, and mails whom it concerns. Only from here on free and taken addresses differ.
async fn mail_later(engine: &Arc<Engine>, asked: Asked) {
    let work = {
        let engine = Arc::clone(engine);
        move |asked| mail(Arc::clone(&engine), asked)
    };
    let background = &engine.housekeeping.background;
    // The places are not bounded, so they are never full.
    let _ = engine.requests.email_changes.mails.work_off(background, asked, Caller::Known, work).await;
}

async fn mail(engine: Arc<Engine>, asked: Asked) {
    let Asked { user, new, token, at, expires_at } = asked;
    let report = |kind| engine.events.report(kind).user(&user).send();
    // The same look-ups and the same link for every address: what follows the response delays the next request. A failure was reported.
    let Ok(found) = engine.users.find_by_email(&new).await else { return };
    let Ok(whole) = engine.users.find_whole(&found, &new).await else { return };
    let link = engine.mailing.email_change(&token, engine.config.email_change.lifetime, expires_at);
    // One mail to an address for each cooldown, whether it is free or taken.
    if !engine.requests.email_changes.admits_mail(&new) {
        return report(EventKind::EmailChangeLinkWithheld);
    }
    // Whoever asked asks again if the mailer fails.
    match (found, whole) {
        (Found::Nobody, _) => {
            report(EventKind::EmailChangeLinkMailed);
            drop(engine.mailing.send_once(&user, &new, link).await);
        }
        (_, Found::Somebody(owner)) if owner.is_active() && owner.id() != user.id() => {
            report(EventKind::EmailChangeLinkWithheld);
            drop(engine.mailing.send_once(&owner, owner.email(), MailKind::EmailInUse { at }).await);
        }
        _ => report(EventKind::EmailChangeLinkWithheld),
    }
}
