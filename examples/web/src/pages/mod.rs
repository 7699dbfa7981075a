//! One file per page, or per few pages that belong together.

mod assets;
mod authenticator;
mod confirm;
mod forgot;
mod home;
mod operator;
mod policy;
mod reset;
mod second_step;
mod security;
mod sign_in;
mod welcome;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use doorward::session::{AuthMethod, Session};
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::app::App;
use crate::headers;
use crate::sorry::Sorry;

/// Forms are small; longer bodies are rejected before they are parsed.
const LONGEST_BODY: usize = 8 * 1024;

/// Everything that changes something is a POST; GET and HEAD only read.
pub fn router(app: App) -> Router {
    let pages = Router::new()
        .route("/", get(home::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/second-step", get(second_step::show).post(second_step::submit))
        .route("/forgot", get(forgot::show).post(forgot::check))
        .route("/forgot/change", get(forgot::show).post(forgot::change))
        .route("/forgot/send", get(forgot::show).post(forgot::send))
        .route("/forgot/sent", get(forgot::sent))
        .route("/reset/confirm", get(reset::show).post(reset::submit))
        .route("/reset/done", get(reset::done))
        .route("/welcome", get(welcome::details).post(welcome::submit_details))
        .route("/welcome/password", get(welcome::password).post(welcome::submit_password))
        .route("/welcome/authenticator", get(authenticator::offer).post(authenticator::begin_in_welcome))
        .route("/welcome/authenticator/confirm", get(authenticator::offer).post(authenticator::confirm_in_welcome))
        .route("/welcome/done", get(welcome::done))
        .route("/security", get(security::show))
        .route("/security/password", get(security::show).post(security::change_password))
        .route("/security/password/check", post(policy::check))
        .route("/security/authenticator", get(security::show).post(authenticator::begin))
        .route("/security/authenticator/confirm", get(security::show).post(authenticator::confirm))
        .route("/security/authenticator/off", get(security::show).post(security::turn_off))
        .route("/security/recovery-codes", get(security::show).post(authenticator::new_recovery_codes))
        .route("/security/devices/sign-out", get(security::show).post(security::sign_out_device))
        .route("/security/sessions/sign-out", get(security::show).post(security::sign_out_session))
        .route("/security/sessions/sign-out-others", get(security::show).post(security::sign_out_others))
        .route("/confirm", get(confirm::show).post(confirm::submit))
        .route("/operator", get(operator::show))
        .route("/operator/provision", get(operator::show).post(operator::provision))
        .route("/operator/{action}", get(operator::show).post(operator::act))
        .route("/.well-known/change-password", get(home::change_password))
        .route("/style.css", get(assets::style))
        .route("/page.js", get(assets::script))
        .route("/icon.svg", get(assets::icon));
    #[cfg(feature = "demo")]
    let pages = pages.merge(crate::demo::router());
    let pages = pages.fallback(async || Sorry::NotFound).method_not_allowed_fallback(async || Sorry::Method);
    let pages = pages.layer(DefaultBodyLimit::max(LONGEST_BODY));
    headers::around(pages).with_state(app)
}

/// "password and code"
pub fn proofs(session: &Session) -> String {
    let words = session.methods.iter().map(|proven| match proven.method {
        AuthMethod::Password => "password",
        AuthMethod::TemporaryPassword => "mailed password",
        AuthMethod::ResetLink => "mailed link",
        AuthMethod::Totp => "code",
        AuthMethod::RecoveryCode => "recovery code",
        _ => "another proof",
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// "24 November 2026, 10:15 UTC"
pub fn moment(at: OffsetDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    at.to_offset(UtcOffset::UTC).format(format).unwrap_or_default()
}
