use std::sync::Arc;

use super::Auth;
use crate::auth::client::Client;
use crate::engine::{Caller, Committed, Decision, Delivery, Engine, Found, Full};
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::password::ResetRequested;
use crate::types::{ClientAddress, Email};
use crate::user::{NewLink, OwedMail, User};

/// Whose password was forgotten, and what the host knows of the client.
///
/// `Debug` does not show the address.
///
/// ```
/// use doorward::{ClientAddress, Email, ResetRequest};
///
/// let request = ResetRequest::new(Email::confirmed("ann@acme.example", "Ann@acme.example")?)
///     .client_address(ClientAddress::from_ip([192, 0, 2, 7].into()))
///     .request_id("7c1d");
/// # Ok::<(), doorward::error::UnconfirmedEmail>(())
/// ```
#[derive(Clone)]
pub struct ResetRequest {
    email: Email,
    client: Client,
}

impl ResetRequest {
    /// For the owner of that address.
    pub fn new(email: Email) -> Self {
        Self { email, client: Client::default() }
    }

    /// The browser's device cookie, if it sent one, as with [`SignInRequest::device`](crate::SignInRequest::device). A known
    /// device of this account is served even when unauthenticated clients have taken all the places they may have.
    #[must_use]
    pub fn device(self, cookie: &str) -> Self {
        Self { client: self.client.device(cookie), ..self }
    }

    /// Where the request comes from. No client address gets more than its share of the places for requests: 100 at once, then one
    /// per second.
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

impl From<Email> for ResetRequest {
    fn from(email: Email) -> Self {
        Self::new(email)
    }
}

impl From<&Email> for ResetRequest {
    fn from(email: &Email) -> Self {
        Self::new(email.clone())
    }
}

impl core::fmt::Debug for ResetRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ResetRequest").field("client", &self.client).finish_non_exhaustive()
    }
}

/// # "Forgot your password?": requesting
impl Auth {
    /// Requests a reset mail. The response is the same for every address at any time: say that if there is an account, a mail
    /// is on its way, and that at most one is sent every five minutes.
    ///
    /// Whether a mail is sent is decided in background work, after the response. A request does not change the account's
    /// credentials, and stores nothing for an unknown address. A broken mailer does not show in the response either, since that
    /// would reveal which addresses have accounts; it is reported only to the [`observer`](crate::AuthBuilder::observer).
    ///
    /// Pass the [`ClientAddress`] and the device cookie, as at sign-in: requests wait in a bounded queue of this process, each
    /// client address may take only a share of it, and some places are reserved for known devices.
    ///
    /// # Errors
    /// [`Busy`](Unavailable::Busy) if no place is left, for known and unknown addresses alike. Nothing is mailed then: ask the user
    /// to try again in a moment. Otherwise [`Unavailable`] if nothing could be decided.
    ///
    /// ```
    /// use doorward::error::Unavailable;
    /// use doorward::{Auth, Email};
    ///
    /// async fn forgot(auth: &Auth, email: &Email) -> Result<String, Unavailable> {
    ///     let requested = auth.request_reset(email).await?; // `Busy`: answer 503 with `retry_after`
    ///     let minutes = requested.cooldown.as_secs() / 60;
    ///     Ok(format!("If there is an account, a mail is on its way. There is at most one in {minutes} minutes."))
    /// }
    /// ```
    pub async fn request_reset(&self, request: impl Into<ResetRequest>) -> Result<ResetRequested, Unavailable> {
        let (engine, request) = (&self.engine, request.into());
        engine.open()?;
        let caller = admit(engine, &request).await?;
        let ResetRequest { email, client } = request;
        engine.events.report(EventKind::ResetRequested).email(&email).request_id(client.id()).send();
        let work = {
            let engine = Arc::clone(engine);
            move |email| look_up(Arc::clone(&engine), email)
        };
        let background = &engine.housekeeping.background;
        let taken = engine.requests.resets.look_ups.work_off(background, email, caller, work).await;
        taken.map_err(|Full| engine.hashing.busy())?;
        engine.purge_in_time().await;
        Ok(ResetRequested { cooldown: engine.config.reset.cooldown })
    }
}

/// Whether the request finds a place. The address is not looked up for it: a known one is refused like any other.
async fn admit(engine: &Engine, request: &ResetRequest) -> Result<Caller, Unavailable> {
    let refused = match engine.requests.resets.admit(request.client.address.as_ref()) {
        Ok(caller) => return Ok(caller),
        Err(retry_after) => retry_after,
    };
    let known = engine.users.find_shown_device(&request.email, &request.client.devices).await?;
    let refused = match known.map(|(_, device)| engine.requests.resets.admit_device(device.id)) {
        Some(Ok(caller)) => return Ok(caller),
        Some(Err(retry_after)) => retry_after,
        None => refused,
    };
    engine.events.report(EventKind::Busy).request_id(request.client.id()).send();
    Err(Unavailable::Busy { retry_after: refused })
}

/// After the response: looks the address up. Only from here on known and unknown addresses differ.
async fn look_up(engine: Arc<Engine>, email: Email) {
    let report = |kind| engine.events.report(kind).email(&email).send();
    let head = match engine.users.find_by_email(&email).await {
        Ok(Found::Somebody(head)) => head,
        Ok(Found::Nobody) => return report(EventKind::ResetLinkWithheld),
        // Reported.
        Ok(Found::Unreadable) | Err(_) => return,
    };
    let Some(delivery) = engine.requests.resets.delivery(head.id(), &email) else {
        return report(EventKind::ResetCoolingDown);
    };
    let work = {
        let engine = Arc::clone(&engine);
        move |delivery| deliver(Arc::clone(&engine), delivery)
    };
    // These are not bounded, so they are never full.
    let background = &engine.housekeeping.background;
    let _ = engine.requests.resets.deliveries.work_off(background, delivery, Caller::Known, work).await;
}

/// Stores a link and mails it.
async fn deliver(engine: Arc<Engine>, delivery: Delivery) {
    let report = |kind| engine.events.report(kind).email(&delivery.email).send();
    let (user, kind) = match store_link(&engine, &delivery).await {
        Ok(Requested::Issued(user, kind)) => (user, kind),
        Ok(Requested::CoolingDown) => return report(EventKind::ResetCoolingDown),
        // Reported.
        Err(Unavailable::Backend(_)) => return,
        Ok(Requested::Withheld) | Err(_) => return report(EventKind::ResetLinkWithheld),
    };
    // A failure was reported. What is owed is sent later; otherwise a request after the cooldown heals it.
    drop(engine.mailing.send(&user, OwedMail::ResetLink, kind).await);
}

#[allow(clippy::large_enum_variant)] // one on the stack at a time
enum Requested {
    Issued(User, MailKind),
    CoolingDown,
    Withheld,
}

async fn store_link(engine: &Engine, delivery: &Delivery) -> Result<Requested, Unavailable> {
    let Some(user) = engine.users.find_claimed(&delivery.user).await? else { return Ok(Requested::Withheld) };
    let (limits, cooldown) = (engine.config.link_limits(), engine.config.reset.schedule());
    let outcome = engine
        .users
        .commit(user, |user, fresh| {
            // The address may have been corrected since: a link is mailed to the stored address only, and only if that is the
            // requested one.
            if user.email() != &delivery.email {
                return Decision::Answer(Err(Requested::Withheld));
            }
            match user.add_reset_link(&limits, &cooldown, engine.now(), fresh) {
                NewLink::Added { token, expires_at, user } => {
                    Decision::store(user, Ok((token, expires_at))).reporting(EventKind::ResetLinkIssued)
                }
                NewLink::CoolingDown(Some(rewritten)) => Decision::store(rewritten, Err(Requested::CoolingDown)),
                NewLink::CoolingDown(None) => Decision::Answer(Err(Requested::CoolingDown)),
                NewLink::Withheld => Decision::Answer(Err(Requested::Withheld)),
            }
        })
        .await?;
    let Committed::Done(added, user) = outcome else { return Ok(Requested::Withheld) };
    let (token, expires_at) = match added {
        Ok(added) => added,
        Err(refused) => return Ok(refused),
    };
    let kind = engine.mailing.link(&token, limits.lifetime, expires_at);
    Ok(Requested::Issued(user, kind))
}
