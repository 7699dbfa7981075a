//! Registration by its owner: request, invite, complete.

mod complete;
mod invite;
mod request;

use super::Auth;
use crate::config::RegistrationConfig;
use crate::engine::{Engine, Found, Registrations};
use crate::error::Unavailable;
use crate::mail::MailKind;
use crate::registration::{RegistrationLink, RegistrationLinkStatus, SealedRegistration};
use crate::types::{Malformed, RegistrationToken, Span};

/// # Registration: the link
impl Auth {
    /// What a link's token would do now: for the page that the link opens, which shows the address and the
    /// [rules](crate::password::PasswordPolicy::rules_for_registration) and asks for a password. It changes nothing, so mail scanners and previews may fetch that page
    /// as often as they like.
    ///
    /// # Errors
    /// [`Unavailable`] if nothing could be decided.
    pub async fn inspect_registration(&self, token: &str) -> Result<RegistrationLinkStatus, Unavailable> {
        let engine = &self.engine;
        engine.open()?;
        let Ok(token) = RegistrationToken::from_link(token) else { return Ok(RegistrationLinkStatus::Damaged) };
        Ok(match opened(engine, &token).await? {
            Some((_, link)) => RegistrationLinkStatus::Valid(link),
            None => RegistrationLinkStatus::Invalid,
        })
    }

    /// The token in what a link brought along, mended as by [`read_reset_token`](Self::read_reset_token): for a page that keeps it in
    /// a cookie or a hidden field until the POST. **It is the secret itself**, at most 1,600 letters, digits, `-`, `_` and one dot.
    ///
    /// # Errors
    /// [`Malformed`] if the link is damaged.
    ///
    /// ```
    /// use doorward::Auth;
    ///
    /// assert!(Auth::read_registration_token("https://acme.example/register/confirm?token=AgAA").is_err(), "cut off");
    /// ```
    pub fn read_registration_token(text: &str) -> Result<String, Malformed> {
        RegistrationToken::from_link(text).map(|token| token.expose())
    }
}

/// What a link stands for, if it would open an account now.
async fn opened<'a>(
    engine: &'a Engine,
    token: &RegistrationToken,
) -> Result<Option<(&'a Registrations, RegistrationLink)>, Unavailable> {
    let opened = engine
        .requests
        .registrations
        .as_ref()
        .and_then(|registrations| Some((registrations, registrations.open(token)?)));
    let Some((registrations, link)) = opened else { return Ok(None) };
    match engine.users.find_by_email(&link.email).await? {
        Found::Nobody => Ok(Some((registrations, link))),
        // The link was used, or somebody was faster.
        Found::Somebody(_) | Found::Unreadable => Ok(None),
    }
}

/// The mail with a new link.
fn link(
    engine: &Engine,
    registrations: &Registrations,
    registration: &SealedRegistration,
) -> Result<MailKind, Unavailable> {
    let link = engine.mailing.site.registration_link(&registrations.issue(registration)?);
    let (expires_at, config) = (registration.span.expires_at, &engine.config.registration);
    Ok(match registration.invited {
        false => MailKind::ConfirmRegistration { link, lifetime: config.link_lifetime, expires_at },
        true => MailKind::Invitation { link, lifetime: config.invitation_lifetime, expires_at },
    })
}

/// How long a link lasts that is issued now.
fn span(engine: &Engine, lifetime: impl Fn(&RegistrationConfig) -> core::time::Duration) -> Span {
    Span::starting(engine.now(), lifetime(&engine.config.registration))
}
