use std::sync::Arc;

use super::{Auth, link, span};
use crate::config::RegistrationMode;
use crate::engine::{Caller, Engine, Found, Full, Registrations};
use crate::error::Unavailable;
use crate::error::registration::RequestRegistrationError;
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::registration::{RegistrationRequest, RegistrationRequested, SealedRegistration};
use crate::types::{Email, UserId};

/// # Registration: requesting
impl Auth {
    /// Requests the mail with which a stranger opens an account, where [registration](crate::config::RegistrationConfig) is open. The
    /// response is the same for every address: say that a mail is on its way, which tells how to go on.
    ///
    /// **Nothing is stored.** What the link stands for is sealed in the link itself, so a million requests that nobody confirms leave
    /// no row, and nobody can prepare an account for somebody else's address. If the address has an account, its owner is mailed that
    /// instead; a deactivated one gets no mail. Which it is shows in background work only, after the response.
    ///
    /// Mails to one address are five minutes apart, and both those of one client address and those of all strangers together are
    /// bounded ([`RegistrationConfig::mails_per_minute`](crate::config::RegistrationConfig::mails_per_minute)), each by this process.
    /// Ask for a captcha before this call if robots find your page.
    ///
    /// # Errors
    /// [`RequestRegistrationError`]: none says whether there is an account.
    ///
    /// ```
    /// use doorward::registration::RegistrationRequest;
    /// use doorward::registration::{RequestRegistrationError};
    /// use doorward::{Auth, Email};
    ///
    /// async fn submit(auth: &Auth, email: Email) -> Result<String, RequestRegistrationError> {
    ///     match auth.request_registration(RegistrationRequest::new(email)).await {
    ///         Ok(_) => Ok("We have mailed you how to go on.".to_owned()),
    ///         Err(error @ RequestRegistrationError::DomainNotAllowed) => Ok(error.user_message()),
    ///         Err(error) => Err(error), // `Busy`: answer 503 with `retry_after`
    ///     }
    /// }
    /// ```
    pub async fn request_registration(
        &self,
        request: impl Into<RegistrationRequest>,
    ) -> Result<RegistrationRequested, RequestRegistrationError> {
        let (engine, request) = (&self.engine, request.into());
        engine.open()?;
        let registrations = engine.requests.registrations.as_ref();
        let open = registrations.filter(|_| engine.config.registration.mode == RegistrationMode::Open);
        let Some(registrations) = open else { return Err(RequestRegistrationError::Off) };
        if !engine.config.registration.allows(&request.email) {
            return Err(RequestRegistrationError::DomainNotAllowed);
        }
        if let Err(retry_after) = registrations.admit(request.client_address.as_ref()) {
            engine.events.report(EventKind::Busy).request_id(request.request_id.as_deref()).send();
            return Err(Unavailable::Busy { retry_after }.into());
        }
        let report = engine.events.report(EventKind::RegistrationRequested).email(&request.email);
        report.request_id(request.request_id.as_deref()).send();
        look_up(engine, registrations, request, None).await?;
        Ok(RegistrationRequested { cooldown: engine.config.registration.cooldown })
    }
}

/// After the response: looks the address up, and mails what there is to say. Until then free and taken addresses are the same.
pub(super) async fn look_up(
    engine: &Arc<Engine>,
    registrations: &Registrations,
    request: RegistrationRequest,
    member: Option<&UserId>,
) -> Result<(), Unavailable> {
    let caller = if member.is_some() { Caller::Known } else { Caller::Stranger };
    let work = {
        let engine = Arc::clone(engine);
        move |(request, member)| mail(Arc::clone(&engine), request, member)
    };
    let request = (request, member.cloned());
    let background = &engine.housekeeping.background;
    let taken = registrations.look_ups.work_off(background, request, caller, work).await;
    taken.map_err(|Full| engine.hashing.busy())?;
    engine.purge_in_time().await;
    Ok(())
}

async fn mail(engine: Arc<Engine>, request: RegistrationRequest, member: Option<UserId>) {
    let Some(registrations) = &engine.requests.registrations else { return };
    let RegistrationRequest { email, value, request_id, .. } = request;
    let report = |kind| engine.events.report(kind).email(&email).request_id(request_id.as_deref()).send();
    // A failure was reported.
    let Ok(found) = is_taken(&engine, &email).await else { return };
    let invited = member.is_some();
    let span = match invited {
        true => span(&engine, |config| config.invitation_lifetime),
        false => span(&engine, |config| config.link_lifetime),
    };
    let registration = SealedRegistration { email: email.clone(), value, invited, span };
    // For a taken address too: what follows the response delays the next request.
    let Ok(link) = link(&engine, registrations, &registration) else { return };
    if !registrations.may_mail(&email, member.as_ref()) {
        return report(EventKind::RegistrationCoolingDown);
    }
    let kind = match found {
        Address::Free => {
            report(if invited { EventKind::Invited } else { EventKind::RegistrationLinkIssued });
            link
        }
        Address::Taken => {
            report(EventKind::RegistrationWithheld);
            MailKind::AlreadyRegistered {}
        }
        Address::Silent => return report(EventKind::RegistrationWithheld),
    };
    let deliver = {
        let engine = Arc::clone(&engine);
        move |(email, kind): (Email, MailKind)| {
            let engine = Arc::clone(&engine);
            // A failure was reported. Nothing was stored, so asking again after the cooldown heals it.
            async move { drop(engine.mailing.send_to(&email, kind).await) }
        }
    };
    // These are not bounded, so they are never full.
    let background = &engine.housekeeping.background;
    let _ = registrations.deliveries.work_off(background, (email, kind), Caller::Known, deliver).await;
}

enum Address {
    Free,
    Taken,
    /// Deactivated, or its row cannot be read.
    Silent,
}

/// The same look-ups for every address.
async fn is_taken(engine: &Engine, email: &Email) -> Result<Address, Unavailable> {
    let found = engine.users.find_by_email(email).await?;
    let is_nobody = matches!(found, Found::Nobody);
    Ok(match engine.users.find_whole(&found, email).await? {
        Found::Somebody(user) if user.is_active() => Address::Taken,
        Found::Nobody if is_nobody => Address::Free,
        Found::Somebody(_) | Found::Nobody | Found::Unreadable => Address::Silent,
    })
}
