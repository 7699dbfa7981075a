//! "My password and security".

use askama::Template;

use super::answer::{Answer, Sorry};
use super::call::Call;
use super::member::Member;
use super::notice::Notice;
use super::page::{Page, RuleShown, moment, rules};
use crate::error::{AuthError, ChangePasswordError};
use crate::password::Violation;
use crate::second_factor::SecondFactorStatus;
use crate::session::{AuthMethod, Device, DeviceId, Session, SessionId};

const TITLE: &str = "My password and security";

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage {
    page: Page,
    email: String,
    rules: Vec<RuleShown>,
    passwordrules: String,
    /// Since when it is on, and how many recovery codes are left.
    authenticator: Option<(String, usize)>,
    /// Whether it cannot be turned off.
    required: bool,
    sessions: Vec<SessionShown>,
    devices: Vec<DeviceShown>,
}

struct SessionShown {
    id: String,
    label: String,
    signed_in: String,
    proofs: String,
    last_seen: String,
    kept: bool,
    this: bool,
}

struct DeviceShown {
    id: String,
    label: String,
    last_used: String,
    this: bool,
}

impl From<&Session> for SessionShown {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            label: label(session),
            signed_in: moment(session.signed_in_at),
            proofs: proofs(session),
            last_seen: moment(session.last_seen_at),
            kept: session.kept,
            this: session.is_current,
        }
    }
}

fn label(session: &Session) -> String {
    session.label.as_deref().unwrap_or("A browser").to_owned()
}

/// "password and code"
fn proofs(session: &Session) -> String {
    let words = session.methods.iter().map(|proven| match proven.method {
        AuthMethod::Password => "password",
        AuthMethod::TemporaryPassword => "mailed password",
        AuthMethod::ResetLink => "mailed link",
        AuthMethod::Totp => "code",
        AuthMethod::RecoveryCode => "recovery code",
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// A device is named as the session that runs on it, if one does.
fn device_shown(device: &Device, sessions: &[Session]) -> DeviceShown {
    let on_it = sessions.iter().find(|session| session.device == Some(device.id));
    DeviceShown {
        id: device.id.to_string(),
        label: on_it.map_or_else(|| "A browser".to_owned(), label),
        last_used: moment(device.last_used_at),
        this: on_it.is_some_and(|session| session.is_current),
    }
}

async fn security_page(member: &Member, page: Page, broken: &[Violation]) -> Result<SecurityPage, Box<dyn AuthError>> {
    let (auth, signed_in) = (member.browser.auth(), &member.signed_in);
    let authenticator = match auth.second_factor(signed_in).await.map_err(boxed)? {
        SecondFactorStatus::On { enrolled_at, recovery_codes_left, .. } => {
            Some((moment(enrolled_at), recovery_codes_left))
        }
        _ => None,
    };
    let sessions = auth.sessions(signed_in).await.map_err(boxed)?;
    let devices = auth.devices(signed_in).await.map_err(boxed)?;
    Ok(SecurityPage {
        page,
        email: signed_in.email().as_typed().to_owned(),
        rules: rules(auth, broken),
        passwordrules: auth.password_policy().password_rules_attribute(),
        authenticator,
        required: auth.config().second_factor.is_required(),
        devices: devices.iter().map(|device| device_shown(device, &sessions)).collect(),
        sessions: sessions.iter().map(SessionShown::from).collect(),
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
    let mut member = Member::of(browser, "/security").await?;
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
    let page = member.page(TITLE).refused(field, &refusal);
    match security_page(&member, page, &refusal.violations).await {
        Ok(shown) => Ok(member.browser.refuse(&refusal, &shown)),
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
    let device = DeviceId::parse(form.get("device")).map_err(|_| Sorry::NotFound)?;
    match member.browser.auth().revoke_device(&member.signed_in, device).await {
        Ok(()) => Ok(member.browser.saying(Notice::DeviceSignedOut).go("/security#devices")),
        Err(error) => Err(member.browser.sorry(&error, "/security#devices")),
    }
}

pub(super) async fn sign_out_session(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let member = Member::of(browser, "/security#sessions").await?;
    let session = SessionId::parse(form.get("session")).map_err(|_| Sorry::NotFound)?;
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
