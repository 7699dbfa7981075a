//! "My password and security".

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use doorward::{ChangePasswordError, DeviceId, SecondFactorStatus, Violation};
use serde::Deserialize;

use super::authenticator::CodesPage;
use super::moment;
use crate::app::App;
use crate::member::Member;
use crate::notice::Notice;
use crate::page::{Page, RuleShown, html, rules};
use crate::sorry::{Sorry, refused};

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage {
    page: Page,
    email: String,
    rules: Vec<RuleShown>,
    passwordrules: String,
    /// Since when, and how many recovery codes are left.
    authenticator: Option<(String, usize)>,
    devices: Vec<DeviceShown>,
    activity: Vec<(String, &'static str)>,
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
pub struct DeviceForm {
    #[serde(default)]
    device: String,
}

async fn security_page(app: &App, member: &Member, page: Page, broken: &[Violation]) -> Result<SecurityPage, Sorry> {
    let status = app.auth.second_factor(&member.signed_in).await;
    let authenticator = match status.map_err(|error| Sorry::from_failure(&app.auth, &error, ""))? {
        SecondFactorStatus::On { enrolled_at, recovery_codes_left, .. } => {
            Some((moment(enrolled_at), recovery_codes_left))
        }
        _ => None,
    };
    let this = member.signed_in.session().device();
    let found = app.auth.devices(&member.signed_in).await;
    let mut devices = Vec::new();
    for device in found.map_err(|error| Sorry::from_failure(&app.auth, &error, ""))? {
        let label = app.tables.device_name(device.id()).await?.unwrap_or_else(|| "A browser".to_owned());
        let (id, last_used) = (device.id().to_string(), moment(device.last_used_at()));
        devices.push(DeviceShown { id, label, last_used, this: this == Some(device.id()) });
    }
    let activity = app.activity.of(member.signed_in.user_id());
    Ok(SecurityPage {
        page,
        email: member.signed_in.email().as_typed().to_owned(),
        rules: rules(&app.auth, broken),
        passwordrules: app.auth.password_policy().password_rules_attribute(),
        authenticator,
        devices,
        activity: activity.into_iter().map(|happened| (moment(happened.at), happened.words)).collect(),
    })
}

pub async fn show(State(app): State<App>, mut member: Member) -> Result<Response, Sorry> {
    let page = member.page("My password and security");
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
            let browser = member.browser.enter(&signed_in).await?;
            return Ok(browser.saying(Notice::PasswordChanged).go("/security"));
        }
        Err(error) => error,
    };
    let (field, broken): (_, &[Violation]) = match &error {
        ChangePasswordError::Rejected { violations } => ("new_password", violations),
        ChangePasswordError::CurrentPasswordWrong | ChangePasswordError::Throttled { .. } => ("current_password", &[]),
        ChangePasswordError::RecoveryPending { .. } => ("", &[]),
        _ => return Err(Sorry::from_failure(&app.auth, &error, "")),
    };
    let refusal = app.auth.refusal(&error);
    let page = member.page("My password and security").refused(field, &refusal);
    Ok(refused(&refusal, html(&security_page(&app, &member, page, broken).await?)))
}

pub async fn new_recovery_codes(State(app): State<App>, mut member: Member) -> Result<Response, Sorry> {
    let made = app.auth.regenerate_recovery_codes(&member.signed_in).await;
    let (signed_in, codes) = made.map_err(|error| Sorry::from_failure(&app.auth, &error, "authenticator"))?;
    let page = member.page("Recovery codes");
    let codes = codes.expose().map(str::to_owned).collect();
    let page = CodesPage { page, codes, next: "/security" };
    Ok(member.browser.enter(&signed_in).await?.show(&page))
}

pub async fn turn_off(State(app): State<App>, member: Member) -> Result<Response, Sorry> {
    let off = app.auth.disable_totp(&member.signed_in).await;
    let signed_in = off.map_err(|error| Sorry::from_failure(&app.auth, &error, "authenticator"))?;
    Ok(member.browser.enter(&signed_in).await?.saying(Notice::AppOff).go("/security"))
}

pub async fn sign_out_device(
    State(app): State<App>,
    member: Member,
    Form(form): Form<DeviceForm>,
) -> Result<Response, Sorry> {
    let device = DeviceId::parse(&form.device).map_err(|_| Sorry::NotFound)?;
    let revoked = app.auth.revoke_device(&member.signed_in, device).await;
    revoked.map_err(|error| Sorry::from_failure(&app.auth, &error, "devices"))?;
    app.tables.drop_sessions_on(member.signed_in.user_id(), device).await?;
    Ok(member.browser.saying(Notice::DeviceSignedOut).go("/security#devices"))
}

pub async fn sign_out_others(State(app): State<App>, member: Member) -> Result<Response, Sorry> {
    let ended = app.auth.sign_out_others(&member.signed_in).await;
    let signed_in = ended.map_err(|error| Sorry::from_failure(&app.auth, &error, "devices"))?;
    Ok(member.browser.enter(&signed_in).await?.saying(Notice::OthersSignedOut).go("/security#devices"))
}
