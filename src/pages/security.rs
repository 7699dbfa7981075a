//! "My password and security".

use askama::Template;
use fluent_bundle::FluentArgs;
use serde::Serialize;

use super::activity::{self, RecentActivity};
use super::agent;
use super::answer::{Answer, Sorry};
use super::call::Call;
use super::catalogue::Texts;
use super::member::Member;
use super::moment::Moment;
use super::notice::Notice;
use super::page::{Page, ShownRule, rules};
use super::page_model::models;
use crate::error::{AuthError, ChangePasswordError, DeviceError, ErrorResponse, SessionError};
use crate::password::Violation;
use crate::second_factor::SecondFactorStatus;
use crate::session::{AuthMethod, Device, DeviceId, Session, SessionId};

const TITLE: &str = "security-title";

/// `/security`: "My password and security".
#[derive(Debug, Serialize, Template)]
#[template(path = "security.html")]
#[non_exhaustive]
pub struct SecurityPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The user's address.
    pub email: String,
    /// Another address, as it was typed; empty at first.
    #[serde(skip)]
    pub new_email: String,
    /// The rules of the policy, in order.
    pub rules: Vec<ShownRule>,
    /// What the rules mean for password managers: the attribute `passwordrules` of the field.
    pub passwordrules: String,
    /// The authenticator app, if one is set up.
    pub authenticator: Option<ShownAuthenticator>,
    /// Whether it cannot be turned off.
    pub required: bool,
    /// The sessions, this one first.
    pub sessions: Vec<ShownSession>,
    /// The devices, this one first.
    pub devices: Vec<ShownDevice>,
    /// What happened to the account lately, if the host shows it.
    pub activity: Option<RecentActivity>,
}

/// An authenticator app that is set up.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownAuthenticator {
    /// Since when.
    pub since: Moment,
    /// How many recovery codes are left.
    pub recovery_codes_left: usize,
}

/// A session in a list.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownSession {
    /// Its [`SessionId`].
    pub id: String,
    /// The browser, such as "Firefox on Linux".
    pub label: String,
    /// When it began.
    pub signed_in: Moment,
    /// What was proved, such as "password and code".
    pub proofs: String,
    /// When it was used last.
    pub last_seen: Moment,
    /// Whether the user chose "Keep me signed in".
    pub kept: bool,
    /// Whether it is the session of this request.
    pub this: bool,
}

/// A device in a list.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownDevice {
    /// Its [`DeviceId`].
    pub id: String,
    /// The browser, such as "Firefox on Linux".
    pub label: String,
    /// When it was used last.
    pub last_used: Moment,
    /// Whether it is the device of this request.
    pub this: bool,
}

models!(SecurityPage);

impl ShownSession {
    /// "Signed in … with password and code. Last seen …"
    pub(super) fn words(&self, page: &Page) -> String {
        let mut values = FluentArgs::new();
        values.set("at", self.signed_in.to_string());
        values.set("proofs", self.proofs.clone());
        let began = page.texts.with("session-signed-in", &values);
        let seen = page.value("session-last-seen", &self.last_seen);
        if self.kept { format!("{began} {} {seen}", page.text("session-kept")) } else { format!("{began} {seen}") }
    }
}

pub(super) fn session_shown(session: &Session, texts: &Texts) -> ShownSession {
    ShownSession {
        id: session.id.to_string(),
        label: label(session, texts),
        signed_in: Moment::new(session.signed_in_at, texts),
        proofs: proofs(session, texts),
        last_seen: Moment::new(session.last_seen_at, texts),
        kept: session.kept,
        this: session.is_current,
    }
}

fn label(session: &Session, texts: &Texts) -> String {
    agent::shown(session.label.as_deref().unwrap_or_default(), texts)
}

/// "password and code"
fn proofs(session: &Session, texts: &Texts) -> String {
    let names = session.methods.iter().map(|proven| match proven.method {
        AuthMethod::Password => "proof-password",
        AuthMethod::TemporaryPassword => "proof-temporary-password",
        AuthMethod::ResetLink => "proof-reset-link",
        AuthMethod::Totp => "proof-totp",
        AuthMethod::RecoveryCode => "proof-recovery-code",
    });
    let texts_of: Vec<_> = names.map(|name| texts.get(name)).collect();
    match texts_of.split_last() {
        Some((last, before)) if !before.is_empty() => before.join(", ") + &texts.get("proof-and") + last,
        _ => texts_of.concat(),
    }
}

/// A device is named as the session that runs on it, if one does.
fn device_shown(device: &Device, sessions: &[Session], texts: &Texts) -> ShownDevice {
    let on_it = sessions.iter().find(|session| session.device == Some(device.id));
    ShownDevice {
        id: device.id.to_string(),
        label: on_it.map_or_else(|| texts.get("a-browser"), |session| label(session, texts)),
        last_used: Moment::new(device.last_used_at, texts),
        this: on_it.is_some_and(|session| session.is_current),
    }
}

async fn security_page(member: &Member, page: Page, broken: &[Violation]) -> Result<SecurityPage, Box<dyn AuthError>> {
    let (auth, signed_in, texts) = (member.browser.auth(), &member.signed_in, &member.browser.reader.texts);
    let authenticator = match auth.second_factor(signed_in).await.map_err(boxed)? {
        SecondFactorStatus::On { enrolled_at, recovery_codes_left, .. } => {
            Some(ShownAuthenticator { since: Moment::new(enrolled_at, texts), recovery_codes_left })
        }
        _ => None,
    };
    let sessions = auth.sessions(signed_in).await.map_err(boxed)?;
    let devices = auth.devices(signed_in).await.map_err(boxed)?;
    Ok(SecurityPage {
        page,
        email: signed_in.email().as_typed().to_owned(),
        new_email: String::new(),
        rules: rules(auth, texts, broken),
        passwordrules: auth.password_policy().password_rules_attribute(),
        authenticator,
        required: auth.config().second_factor.is_required(),
        devices: devices.iter().map(|device| device_shown(device, &sessions, texts)).collect(),
        sessions: sessions.iter().map(|session| session_shown(session, texts)).collect(),
        activity: activity::recent(member).await,
    })
}

fn boxed(error: impl AuthError) -> Box<dyn AuthError> {
    Box::new(error)
}

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let mut member = Member::of(call.browser, "/security").await?;
    let page = member.page(TITLE);
    match security_page(&member, page, &[]).await {
        Ok(shown) => Ok(member.browser.show(&shown)),
        Err(error) => Err(member.browser.sorry(&*error, "")),
    }
}

pub(super) async fn change_password(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let member = Member::of(browser, "/security").await?;
    let (current, new) = (form.get("current_password"), form.get("new_password"));
    let error = match member.browser.auth().change_password(&member.signed_in, current, new).await {
        Ok(signed_in) => {
            return Ok(member.browser.enter(&signed_in).saying(Notice::PasswordChanged).go("/security"));
        }
        Err(error) => error,
    };
    let field = match &error {
        ChangePasswordError::Rejected { .. } => "new_password",
        ChangePasswordError::CurrentPasswordWrong | ChangePasswordError::Throttled { .. } => "current_password",
        ChangePasswordError::RecoveryPending { .. } => "",
        _ => return Err(member.browser.sorry(&error, "")),
    };
    let refusal = member.browser.auth().error_response(&error);
    refused(member, field, &refusal, "").await
}

/// The page again, with what is wrong, and with another address as it was typed.
pub(super) async fn refused(
    mut member: Member,
    field: &'static str,
    refusal: &ErrorResponse,
    new_email: &str,
) -> Result<Answer, Sorry> {
    let page = member.page(TITLE).refused(field, refusal);
    match security_page(&member, page, &refusal.violations).await {
        Ok(shown) => {
            let shown = SecurityPage { new_email: new_email.to_owned(), ..shown };
            Ok(member.browser.refuse(refusal, field, &shown))
        }
        Err(error) => Err(member.browser.sorry(&*error, "")),
    }
}

pub(super) async fn turn_off(call: Call) -> Result<Answer, Sorry> {
    let member = Member::of(call.browser, "/security#authenticator").await?;
    match member.browser.auth().disable_second_factor(&member.signed_in).await {
        Ok(signed_in) => Ok(member.browser.enter(&signed_in).saying(Notice::AppOff).go("/security")),
        Err(error) => Err(member.browser.sorry(&error, "/security#authenticator")),
    }
}

/// Revokes a device, which ends its sessions.
pub(super) async fn sign_out_device(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let member = Member::of(browser, "/security#devices").await?;
    let Ok(device) = DeviceId::parse(form.get("device")) else {
        return Err(member.browser.sorry(&DeviceError::UnknownDevice, ""));
    };
    match member.browser.auth().revoke_device(&member.signed_in, device).await {
        Ok(()) => Ok(member.browser.saying(Notice::DeviceSignedOut).go("/security#devices")),
        Err(error) => Err(member.browser.sorry(&error, "/security#devices")),
    }
}

pub(super) async fn sign_out_session(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let member = Member::of(browser, "/security#sessions").await?;
    let Ok(session) = SessionId::parse(form.get("session")) else {
        return Err(member.browser.sorry(&SessionError::UnknownSession, ""));
    };
    match member.browser.auth().revoke_session(&member.signed_in, session).await {
        Ok(()) => Ok(member.browser.saying(Notice::SessionSignedOut).go("/security#sessions")),
        Err(error) => Err(member.browser.sorry(&error, "/security#sessions")),
    }
}

pub(super) async fn sign_out_others(call: Call) -> Result<Answer, Sorry> {
    let member = Member::of(call.browser, "/security#sessions").await?;
    match member.browser.auth().sign_out_others(&member.signed_in).await {
        Ok(signed_in) => Ok(member.browser.enter(&signed_in).saying(Notice::OthersSignedOut).go("/security#sessions")),
        Err(error) => Err(member.browser.sorry(&error, "/security#sessions")),
    }
}
