//! Every flow as JSON, without pages: `cargo run -p doorward-web --bin json [PORT]`, by default on 8001.
//!
//! Calls are POSTs named after the methods: `/sign_in`, `/me/change_password`, `/accounts/ID/deactivate`. A client keeps two
//! strings: the session's token, which it sends as a bearer token, and the device token, which it sends when signing in. Operators
//! send the key printed at start as their bearer token. In a shell, for an account with the id 1:
//!
//! `curl localhost:8001/accounts/1/provision -H "Authorization: Bearer KEY" --json '{"email": "ann@acme.example"}'`

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::post};
use base64ct::{Base64UrlUnpadded, Encoding};
use doorward::second_factor::{RecoveryCodes, SecondFactorStatus, TotpEnrollment};
use doorward::{
    Auth, AuthError, Challenge, Email, Keyring, Operator, SignIn, SignInRequest, SignedIn, Site, UserId, account, mail,
    session, store,
};
use rand::{TryRng, rngs::SysRng};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower_http::set_header::SetResponseHeaderLayer;

const SUPPORT: &str = "help@acme.example";

#[derive(Clone)]
struct App {
    auth: Auth,
    operator: Operator,
    operator_key: Arc<str>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sent {
    email: String,
    password: String,
    new_password: String,
    code: String,
    device: String,
    session: String,
    label: String,
    keep_signed_in: bool,
    challenge: String,
    token: String,
    reason: String,
}

struct Refused(u16, Option<Duration>, Value);
type Reply = Result<Json<Value>, Refused>;

impl<E: AuthError> From<E> for Refused {
    fn from(error: E) -> Self {
        let broken: Vec<_> = error.violations().iter().map(doorward::password::Violation::code).collect();
        let (code, message) = (error.code(), error.user_message());
        let shown = json!({ "code": code, "message": message, "support": SUPPORT, "broken": broken });
        Self(error.http_status(), error.retry_after(), shown)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let seconds = |wait: Duration| (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).to_string();
        (status, self.1.map(|wait| [(header::RETRY_AFTER, seconds(wait))]), Json(self.2)).into_response()
    }
}

fn refused(status: u16, code: &str) -> Refused {
    Refused(status, None, json!({ "code": code }))
}

fn email(sent: &Sent) -> Result<Email, Refused> {
    Email::from_input(&sent.email).map_err(|_| refused(422, "email_malformed"))
}

fn random() -> Result<[u8; 32], Refused> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| refused(503, "random")).map(|()| bytes)
}

/// The token changes with each proof: the client keeps the one that came last.
fn complete(signed_in: &SignedIn) -> Value {
    let device = signed_in.device_token().map(|token| token.expose());
    json!({ "step": "complete", "session": signed_in.token().expose(), "device": device })
}

fn step(outcome: SignIn) -> Value {
    let (step, challenge) = match outcome {
        SignIn::Complete(signed_in) => return complete(&signed_in),
        SignIn::SecondFactorRequired(challenge) => ("second_factor", challenge),
        SignIn::EnrollmentRequired(challenge) => ("enrollment", challenge),
        SignIn::PasswordChangeRequired(challenge) => ("new_password", challenge),
    };
    json!({ "step": step, "challenge": challenge.expose() })
}

fn enrollment(begun: &TotpEnrollment) -> Value {
    json!({ "uri": begun.uri(), "key": begun.key() })
}

fn with_codes(mut reply: Value, codes: &RecoveryCodes) -> Value {
    reply["recovery_codes"] = codes.expose().collect();
    reply
}

async fn anybody(State(app): State<App>, Path(call): Path<String>, Json(sent): Json<Sent>) -> Reply {
    let (auth, code) = (&app.auth, sent.code.as_str());
    let challenge = || Challenge::parse(&sent.challenge).map_err(|_| refused(401, "challenge_invalid"));
    Ok(Json(match call.as_str() {
        "sign_in" => {
            let request = SignInRequest::new(&sent.email, &sent.password).device(&sent.device).label(&sent.label);
            let request = request.keep_signed_in(sent.keep_signed_in);
            let request = if code.is_empty() { request } else { request.code(code) };
            step(auth.sign_in(request).await?)
        }
        "choose_password" => step(auth.choose_password(&challenge()?, &sent.new_password).await?),
        "verify_second_factor_and_remember" => step(auth.verify_second_factor_and_remember(&challenge()?, code).await?),
        "verify_second_factor" => step(auth.verify_second_factor(&challenge()?, code).await?),
        "begin_required_enrollment" => enrollment(&auth.begin_required_enrollment(&challenge()?).await?),
        "confirm_required_enrollment" => {
            let (outcome, codes) = auth.confirm_required_enrollment(&challenge()?, code).await?;
            with_codes(step(outcome), &codes)
        }
        "password_policy" => {
            let rules = auth.password_policy().rules();
            rules.iter().map(|rule| json!({ "code": rule.code(), "text": rule.text() })).collect()
        }
        "request_reset" => {
            json!({ "cooldown": auth.request_reset(&email(&sent)?).await?.cooldown.as_secs() })
        }
        "confirm_reset" => {
            let confirmed = auth.confirm_reset(&sent.token).await?;
            json!({ "until": confirmed.expires_at.unix_timestamp(), "device": confirmed.device.map(|it| it.expose()) })
        }
        "complete_reset" => step(auth.complete_reset(&sent.token, &sent.new_password).await?),
        _ => return Err(refused(404, "not_found")),
    }))
}

fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
}

async fn member(State(app): State<App>, Path(call): Path<String>, headers: HeaderMap, Json(sent): Json<Sent>) -> Reply {
    let (auth, password) = (&app.auth, sent.password.as_str());
    let who = auth.resume(bearer(&headers)).await?;
    Ok(Json(match call.as_str() {
        "resume" => json!({ "id": who.user_id().as_str(), "email": who.email().as_typed() }),
        "sign_out" => {
            auth.sign_out(&who).await?;
            json!({ "signed_out": true })
        }
        "sessions" => {
            let shown =
                |it: session::Session| json!({ "id": it.id.to_string(), "this": it.is_current, "label": it.label });
            auth.sessions(&who).await?.into_iter().map(shown).collect()
        }
        "revoke_session" => {
            let id = session::SessionId::parse(&sent.session).map_err(|_| refused(404, "unknown_session"))?;
            auth.revoke_session(&who, id).await?;
            json!({ "revoked": sent.session })
        }
        "sign_out_others" => complete(&auth.sign_out_others(&who).await?),
        "change_password" => complete(&auth.change_password(&who, password, &sent.new_password).await?),
        "reauthenticate" => complete(&auth.reauthenticate(&who, password).await?),
        "reauthenticate_with_code" => complete(&auth.reauthenticate_with_code(&who, &sent.code).await?),
        "second_factor" => json!({ "on": matches!(auth.second_factor(&who).await?, SecondFactorStatus::On { .. }) }),
        "begin_enrollment" => enrollment(&auth.begin_enrollment(&who).await?),
        "confirm_enrollment" | "regenerate_recovery_codes" => {
            let (who, codes) = match call.as_str() {
                "confirm_enrollment" => auth.confirm_enrollment(&who, &sent.code).await?,
                _ => auth.regenerate_recovery_codes(&who).await?,
            };
            with_codes(complete(&who), &codes)
        }
        "disable_second_factor" => complete(&auth.disable_second_factor(&who).await?),
        "devices" => {
            let (devices, this) = (auth.devices(&who).await?, who.session().device);
            let shown = |id: session::DeviceId| json!({ "id": id.to_string(), "this": this == Some(id) });
            devices.iter().map(|device| shown(device.id)).collect()
        }
        "revoke_device" => {
            let id = session::DeviceId::parse(&sent.device).map_err(|_| refused(404, "unknown_device"))?;
            auth.revoke_device(&who, id).await?;
            json!({ "revoked": sent.device })
        }
        _ => return Err(refused(404, "not_found")),
    }))
}

async fn operator(
    State(app): State<App>,
    Path((id, call)): Path<(String, String)>,
    headers: HeaderMap,
    Json(sent): Json<Sent>,
) -> Reply {
    // Comparing digests avoids a timing side channel on the key.
    if Sha256::digest(bearer(&headers)) != Sha256::digest(&*app.operator_key) {
        return Err(refused(404, "not_found"));
    }
    let (operator, user) = (&app.operator, UserId::parse(&id).map_err(|_| refused(404, "unknown_user"))?);
    match call.as_str() {
        "provision" => drop(operator.provision(account::Provision::new(email(&sent)?).id(user)).await?),
        "resend_welcome" => drop(operator.resend_welcome(&user).await?),
        "correct_email" => drop(operator.correct_email(&user, email(&sent)?).await?),
        "deactivate" => operator.deactivate(&user).await?,
        "reactivate" => operator.reactivate(&user).await?,
        "require_password_change" => operator.require_password_change(&user).await?,
        "mark_compromised" => operator.mark_compromised(&user).await?,
        "sign_out_everywhere" => operator.sign_out_everywhere(&user).await?,
        "reset_second_factor" => operator.reset_second_factor(&user, &sent.reason).await?,
        "delete" => operator.delete(&user).await?,
        _ => return Err(refused(404, "not_found")),
    }
    Ok(Json(json!({ "id": id })))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(8001), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let url = format!("http://localhost:{}", listener.local_addr()?.port());
    let (users, attempts) = (store::MemoryUsers::new(), store::MemoryAttempts::new());
    let (auth, operator) = Auth::builder(Site::new("Acme", &url, SUPPORT)?, users, attempts, mail::PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .hold(doorward::config::Hold::up_to(Duration::from_secs(2), tokio::time::sleep))
        .keyring(Keyring::new("1", random().map_err(|_| "no randomness")?)?) // as short-lived as the store here
        .build_with_operator()?;
    let operator_key = Base64UrlUnpadded::encode_string(&random().map_err(|_| "no randomness")?).into();
    let app = App { auth, operator, operator_key };
    println!("{url}\noperator's key: {}\nfor an example call, see the top of json.rs", app.operator_key);
    let routes = Router::new()
        .route("/{call}", post(anybody))
        .route("/me/{call}", post(member))
        .route("/accounts/{id}/{call}", post(self::operator))
        .layer(DefaultBodyLimit::max(8 * 1024))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    Ok(axum::serve(listener, routes.with_state(app)).await?)
}
