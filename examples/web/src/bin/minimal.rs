//! The minimum a host with pages builds, in one file: `cargo run -p doorward-web --bin minimal [PORT]`, by default on 8002.
//! Mails are printed, and all data is gone at exit. `doorward::manual::host_pages` has the table behind it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use askama::Template;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Form, Path, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use doorward::config::Hold;
use doorward::event::Event;
use doorward::mail::PrintingMailer;
use doorward::second_factor::SecondFactorPolicy;
use doorward::store::SqliteStore;
use doorward::{
    Auth, AuthError, Challenge, ClientAddress, DeviceToken, Email, Keyring, Observer, ResetRequest, SignIn,
    SignInRequest, SignedIn, Site,
};
use rand::{TryRng, rngs::SysRng};
use tower_http::{csrf::CsrfLayer, set_header::SetResponseHeaderLayer};

const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];
/// A form: its action, its button's label, its fields.
type View = (&'static str, &'static str, &'static str);
const SIGN_IN: View = ("/sign-in", "Sign in", "Email <input name=email> Password <input name=password type=password>");
const PASSWORD: View = ("/sign-in/password", "Save password", "New password <input name=password type=password>");
const CODE: View = ("/sign-in/code", "Continue", "Code <input name=code autocomplete=one-time-code>");
const ENROLL: View = ("/sign-in/authenticator", "Confirm", "Code from your app <input name=code autocomplete=off>");
const FORGOT: View = ("/forgot", "Email me a link", "Email <input name=email> Email again <input name=again>");
const CONFIRM: View = ("/reset/confirm", "Confirm the reset", "");
const HOME: View = ("/sign-out", "Sign out", "");

#[derive(Template)]
#[template(
    ext = "html",
    source = "<!doctype html><html lang=en><meta charset=utf-8><title>Acme</title>{% for line in lines %}<p>{{ line }}</p>\
              {% endfor %}<form method=post action=\"{{ path }}\"><input type=hidden name=held value=\"{{ held }}\">\
              {{ fields|safe }} <button>{{ button }}</button></form><a href=/>Home</a> <a href=/forgot>Forgot your password?</a>"
)]
struct Page<'a> {
    lines: &'a [String],
    path: &'a str,
    /// A challenge or a link's token on its way to the next step.
    held: &'a str,
    fields: &'static str,
    button: &'static str,
}

type Sent = HashMap<String, String>;

/// Logs failures that no caller sees. Events contain no secrets.
#[derive(Debug)]
struct Told;

impl Observer for Told {
    fn observe(&self, event: &Event) {
        eprintln!("{} {:?}", event.kind.name(), event);
    }
}

#[derive(Clone)]
struct App {
    auth: Auth,
}

impl App {
    fn page(&self, (path, button, fields): View, held: &str, lines: &[String]) -> Html<String> {
        let mut lines = lines.to_vec();
        if path == PASSWORD.0 {
            lines.extend(self.auth.password_policy().rules().iter().map(|rule| rule.text()));
        }
        Html(Page { lines: &lines, path, held, fields, button }.render().unwrap_or_default())
    }

    fn refuse(&self, error: &dyn AuthError, view: View, held: &str) -> Response {
        if matches!(error.code(), "challenge_invalid" | "session_ended") {
            return Redirect::to(SIGN_IN.0).into_response(); // start again; the session cookie may just have been replaced
        }
        let refusal = self.auth.error_response(error);
        let status = StatusCode::from_u16(refusal.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let wait = refusal.retry_after.map(|wait| [(header::RETRY_AFTER, wait.as_secs_f64().ceil().to_string())]);
        (status, wait, self.page(view, held, &[refusal.message, format!("Help: {}", refusal.support)])).into_response()
    }

    /// Every step of a sign-in leads to the next until it is complete. A failed step is shown again.
    async fn go_on(&self, jar: CookieJar, step: Result<SignIn, impl AuthError>, view: View, held: &str) -> Response {
        match step {
            Ok(SignIn::Complete(signed_in)) => (enter(jar, &signed_in), Redirect::to("/")).into_response(),
            Ok(SignIn::PasswordChangeRequired(next)) => self.page(PASSWORD, &next.expose(), &[]).into_response(),
            Ok(SignIn::SecondFactorRequired(next)) => self.page(CODE, &next.expose(), &[]).into_response(),
            Ok(SignIn::EnrollmentRequired(next)) => match self.auth.begin_required_enrollment(&next).await {
                Ok(begun) => self.page(ENROLL, &next.expose(), &[format!("Key: {}", begun.key())]).into_response(),
                Err(error) => self.refuse(&error, SIGN_IN, ""),
            },
            Err(error) => self.refuse(&error, view, held),
        }
    }
}

fn sent<'a>(form: &'a Sent, name: &str) -> &'a str {
    form.get(name).map(String::as_str).unwrap_or_default()
}

fn kept<'a>(jar: &'a CookieJar, name: &str) -> &'a str {
    jar.get(name).map(Cookie::value).unwrap_or_default()
}

fn cookie(name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").http_only(true).secure(true).same_site(SameSite::Lax).build()
}

/// Without a `Max-Age`, as nobody is asked whether to stay signed in.
fn enter(jar: CookieJar, signed_in: &SignedIn) -> CookieJar {
    remember(jar.add(cookie("__Host-session", signed_in.token().expose())), signed_in.device_token())
}

/// Lasts as long as `DeviceConfig::lifetime`. Without a token, sets the browser's own again so that it does not expire in use.
fn remember(jar: CookieJar, token: Option<&DeviceToken>) -> CookieJar {
    let text = token.map_or_else(|| kept(&jar, "__Host-device").to_owned(), DeviceToken::expose);
    if text.is_empty() {
        return jar;
    }
    let mut cookie = cookie("__Host-device", text);
    cookie.set_max_age(time::Duration::days(90));
    jar.add(cookie)
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system has randomness");
    bytes
}

async fn home(State(app): State<App>, jar: CookieJar) -> Response {
    match app.auth.resume(kept(&jar, "__Host-session")).await {
        Ok(who) => app.page(HOME, "", &[format!("You are user {}.", who.user_id())]).into_response(),
        Err(error) => app.refuse(&error, HOME, ""),
    }
}

type Peer = ConnectInfo<SocketAddr>;
async fn sign_in(State(app): State<App>, ConnectInfo(peer): Peer, jar: CookieJar, Form(form): Form<Sent>) -> Response {
    // Behind a proxy, use the address that it adds, and only that.
    let request = SignInRequest::new(sent(&form, "email"), sent(&form, "password"))
        .client_address(ClientAddress::from_ip(peer.ip()));
    let step = app.auth.sign_in(request.device(kept(&jar, "__Host-device"))).await;
    app.go_on(jar, step, SIGN_IN, "").await
}

async fn step(State(app): State<App>, Path(name): Path<String>, jar: CookieJar, Form(form): Form<Sent>) -> Response {
    let (held, code, auth) = (sent(&form, "held"), sent(&form, "code"), &app.auth);
    let Ok(challenge) = Challenge::parse(held) else { return Redirect::to("/sign-in").into_response() };
    match name.as_str() {
        "password" => {
            let step = auth.choose_password(&challenge, sent(&form, "password")).await;
            app.go_on(jar, step, PASSWORD, held).await
        }
        "code" => app.go_on(jar, auth.verify_second_factor(&challenge, code).await, CODE, held).await,
        "authenticator" => match auth.confirm_required_enrollment(&challenge, code).await {
            Ok((SignIn::Complete(who), codes)) => {
                let codes: Vec<_> =
                    ["Save these codes:"].into_iter().chain(codes.expose()).map(str::to_owned).collect();
                (enter(jar, &who), app.page(HOME, "", &codes)).into_response()
            }
            step => app.go_on(jar, step.map(|(step, _)| step), ENROLL, held).await,
        },
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The device cookie stays: it signs nobody in, and keeps its owner's bucket.
async fn sign_out(State(app): State<App>, jar: CookieJar) -> Result<(CookieJar, Redirect), Response> {
    let who = app.auth.resume(kept(&jar, "__Host-session")).await.map_err(|error| app.refuse(&error, HOME, ""))?;
    app.auth.sign_out(&who).await.map_err(|error| app.refuse(&error, HOME, ""))?;
    Ok((jar.remove(cookie("__Host-session", String::new())), Redirect::to("/sign-in")))
}

/// The same response for everyone.
async fn forgot(State(app): State<App>, ConnectInfo(peer): Peer, jar: CookieJar, Form(form): Form<Sent>) -> Response {
    let Ok(email) = Email::confirmed(sent(&form, "email"), sent(&form, "again")) else {
        return app
            .page(FORGOT, "", &["Please enter your address twice, the same each time.".to_owned()])
            .into_response();
    };
    let told = |wait: Duration| {
        format!(
            "If there is such an account, an email is on its way. We send at most one every {} minutes.",
            wait.as_secs() / 60
        )
    };
    let request =
        ResetRequest::new(email).client_address(ClientAddress::from_ip(peer.ip())).device(kept(&jar, "__Host-device"));
    match app.auth.request_reset(request).await {
        Ok(answer) => app.page(FORGOT, "", &[told(answer.cooldown)]).into_response(),
        Err(error) => app.refuse(&error, FORGOT, ""),
    }
}

/// The page a mailed link opens. It changes nothing, since mail scanners open it too.
async fn link(State(app): State<App>, Query(query): Query<Sent>) -> Html<String> {
    app.page(CONFIRM, sent(&query, "token"), &[])
}

async fn confirm(State(app): State<App>, jar: CookieJar, Form(form): Form<Sent>) -> Response {
    let held = sent(&form, "held");
    let told = ["We emailed you a temporary password. It works for one hour.".to_owned()];
    match app.auth.confirm_reset(held).await {
        Ok(done) => (remember(jar, done.device.as_ref()), app.page(SIGN_IN, "", &told)).into_response(),
        Err(error) => app.refuse(&error, CONFIRM, held),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(8002), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let (url, folder) = (format!("http://localhost:{}", listener.local_addr()?.port()), tempfile::tempdir()?);
    let store = SqliteStore::connect(&format!("sqlite://{}", folder.path().join("minimal.db").display())).await?;
    store.migrate().await?;
    let (auth, operator) =
        Auth::builder(Site::new("Acme", &url, "help@acme.example")?, store.clone(), store, PrintingMailer)
            .background(|work| drop(tokio::spawn(work)))
            .observer(Told)
            .hold(Hold::up_to(Duration::from_secs(2), tokio::time::sleep))
            // These two are as short-lived as the store here. Keep real ones outside the store.
            .keyring(Keyring::new("1", random())?)
            .index_key(random())
            .configure(|config| config.second_factor.policy = SecondFactorPolicy::Required)
            .build_with_operator()?;
    let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
    println!("{url}\nann@acme.example signs in with {}", ann.temporary_password.expose());
    let show = |view| get(async move |State(app): State<App>| app.page(view, "", &[]));
    let routes = axum::Router::new()
        .route("/", get(home))
        .route("/sign-in", show(SIGN_IN).post(sign_in))
        .route("/sign-in/{step}", post(step))
        .route("/sign-out", post(sign_out))
        .route("/forgot", show(FORGOT).post(forgot))
        .route("/reset/confirm", get(link).post(confirm))
        .layer(DefaultBodyLimit::max(8 * 1024))
        .layer(CsrfLayer::new());
    let routes = HEADERS.into_iter().fold(routes, |routes, (name, value)| {
        routes.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    });
    let service = routes.with_state(App { auth: auth.clone() });
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) }).await?;
    auth.close().await; // finishes background work: mails
    Ok(())
}
