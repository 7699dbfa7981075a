//! "My password and security".

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use doorward::AuthError;
use doorward::error::ChangePasswordError as Error;
use doorward::password::Violation;
use doorward::second_factor::SecondFactorStatus;
use doorward::session::{DeviceId, SessionId};
use serde::Deserialize;

use super::{moment, proofs};
use crate::activity::Happened;
use crate::app::App;
use crate::forms::Form;
use crate::member::Member;
use crate::notice::Notice;
use crate::page::{Page, RuleShown, rules};
use crate::sorry::Sorry;

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
    activity: Vec<(String, Happened)>,
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

#[derive(Deserialize)]
pub struct ChangeForm {
    #[serde(default)]
    current_password: String,
    #[serde(default)]
    new_password: String,
}

#[derive(Deserialize)]
pub struct SessionForm {
    #[serde(default)]
    session: String,
}

#[derive(Deserialize)]
pub struct DeviceForm {
    #[serde(default)]
    device: String,
}

fn refused(app: &App, failure: &dyn AuthError) -> Sorry {
    Sorry::Refused(Box::new(app.auth.error_response(failure)))
}

async fn security_page(app: &App, member: &Member, page: Page, broken: &[Violation]) -> Result<SecurityPage, Sorry> {
    let status = app.auth.second_factor(&member.signed_in).await;
    let authenticator = match status.map_err(|error| refused(app, &error))? {
        SecondFactorStatus::On { enrolled_at, recovery_codes_left, .. } => {
            Some((moment(enrolled_at), recovery_codes_left))
        }
        _ => None,
    };
    let sessions = app.auth.sessions(&member.signed_in).await.map_err(|error| refused(app, &error))?;
    let sessions = sessions.into_iter().map(|session| SessionShown {
        id: session.id.to_string(),
        signed_in: moment(session.signed_in_at),
        proofs: proofs(&session),
        last_seen: moment(session.last_seen_at),
        kept: session.kept,
        this: session.is_current,
        label: session.label.map_or("A browser".to_owned(), String::from),
    });
    let sessions = sessions.collect();
    let this = member.signed_in.session().device;
    let found = app.auth.devices(&member.signed_in).await;
    let mut devices = Vec::new();
    for device in found.map_err(|error| refused(app, &error))? {
        let label = app.tables.device_name(device.id).await?.unwrap_or_else(|| "A browser".to_owned());
        let (id, last_used) = (device.id.to_string(), moment(device.last_used_at));
        devices.push(DeviceShown { id, label, last_used, this: this == Some(device.id) });
    }
    let activity = app.activity.of(member.signed_in.user_id());
    Ok(SecurityPage {
        page,
        email: member.signed_in.email().as_typed().to_owned(),
        rules: rules(&app.auth, broken),
        passwordrules: app.auth.password_policy().password_rules_attribute(),
        authenticator,
        required: app.second_factor_required,
        sessions,
        devices,
        activity: activity.into_iter().map(|happened| (moment(happened.at), happened)).collect(),
    })
}

pub async fn show(State(app): State<App>, mut member: Member) -> Result<Response, Sorry> {
    let page = member.page(TITLE);
    let shown = security_page(&app, &member, page, &[]).await?;
    Ok(member.browser.show(&shown))
}

pub async fn change_password(
    State(app): State<App>,
    mut member: Member,
    Form(form): Form<ChangeForm>,
) -> Result<Response, Sorry> {
    let changed = app.auth.change_password(&member.signed_in, &form.current_password, &form.new_password).await;
    let error = match changed {
        Ok(signed_in) => {
            let browser = member.browser.enter(&signed_in).await;
            return Ok(browser.saying(Notice::PasswordChanged).go("/security"));
        }
        Err(error) => error,
    };
    let field = match &error {
        Error::Rejected { .. } => "new_password",
        Error::CurrentPasswordWrong | Error::Throttled { .. } => "current_password",
        Error::RecoveryPending { .. } => "",
        _ => return Err(member.browser.sorry(&error, "")),
    };
    let refusal = app.auth.error_response(&error);
    let page = member.page(TITLE).refused(field, &refusal);
    let shown = security_page(&app, &member, page, &refusal.violations).await?;
    Ok(member.browser.refuse(&refusal, &shown))
}

pub async fn turn_off(State(app): State<App>, member: Member) -> Result<Response, Sorry> {
    match app.auth.disable_second_factor(&member.signed_in).await {
        Ok(signed_in) => Ok(member.browser.enter(&signed_in).await.saying(Notice::AppOff).go("/security")),
        Err(error) => Err(member.browser.sorry(&error, "authenticator")),
    }
}

/// Revokes a device, which ends its sessions.
pub async fn sign_out_device(
    State(app): State<App>,
    member: Member,
    Form(form): Form<DeviceForm>,
) -> Result<Response, Sorry> {
    let device = DeviceId::parse(&form.device).map_err(|_| Sorry::NotFound)?;
    match app.auth.revoke_device(&member.signed_in, device).await {
        Ok(()) => Ok(member.browser.saying(Notice::DeviceSignedOut).go("/security#devices")),
        Err(error) => Err(member.browser.sorry(&error, "devices")),
    }
}

pub async fn sign_out_session(
    State(app): State<App>,
    member: Member,
    Form(form): Form<SessionForm>,
) -> Result<Response, Sorry> {
    let session = SessionId::parse(&form.session).map_err(|_| Sorry::NotFound)?;
    match app.auth.revoke_session(&member.signed_in, session).await {
        Ok(()) => Ok(member.browser.saying(Notice::SessionSignedOut).go("/security#sessions")),
        Err(error) => Err(member.browser.sorry(&error, "sessions")),
    }
}

pub async fn sign_out_others(State(app): State<App>, member: Member) -> Result<Response, Sorry> {
    match app.auth.sign_out_others(&member.signed_in).await {
        Ok(signed_in) => {
            Ok(member.browser.enter(&signed_in).await.saying(Notice::OthersSignedOut).go("/security#sessions"))
        }
        Err(error) => Err(member.browser.sorry(&error, "sessions")),
    }
}
