//! The recipes from the manual's page on keeping sessions, word for word, and tests that they work.

use std::sync::Arc;

use axum_extra::extract::cookie::Key;
use axum_extra::extract::{CookieJar, PrivateCookieJar};
use doorward::config::DeviceConfig;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Operator, SignIn, SignInRequest, SignedIn, Site};
use tower_sessions::MemoryStore;

mod on_the_server {
    use doorward::error::ResumeError;
    use doorward::{Auth, Session, SignedIn};
    use tower_sessions::session;

    type Failed = Box<dyn std::error::Error + Send + Sync>;

    pub async fn keep(cookie: &tower_sessions::Session, signed_in: &SignedIn) -> Result<(), session::Error> {
        cookie.cycle_id().await?;
        cookie.insert("doorward", signed_in.session().encode()).await
    }

    pub async fn who(auth: &Auth, cookie: &tower_sessions::Session) -> Result<Option<SignedIn>, Failed> {
        let Some(text) = cookie.get::<String>("doorward").await? else { return Ok(None) };
        let Ok(session) = Session::decode(&text) else { return Ok(None) };
        match auth.resume(&session).await {
            Ok(signed_in) => Ok(Some(signed_in)),
            Err(ResumeError::SessionEnded) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

mod in_a_cookie {
    use axum_extra::extract::PrivateCookieJar;
    use axum_extra::extract::cookie::{Cookie, SameSite};
    use doorward::error::ResumeError;
    use doorward::{Auth, Session, SignedIn};
    use time::{Duration, OffsetDateTime};

    pub const LONGEST: Duration = Duration::hours(12);

    pub fn keep(jar: PrivateCookieJar, signed_in: &SignedIn) -> PrivateCookieJar {
        let cookie = Cookie::build(("__Host-session", signed_in.session().encode())).max_age(LONGEST);
        jar.add(cookie.path("/").http_only(true).secure(true).same_site(SameSite::Lax))
    }

    pub async fn who(
        auth: &Auth,
        jar: &PrivateCookieJar,
        now: OffsetDateTime,
    ) -> Result<Option<SignedIn>, ResumeError> {
        let Some(cookie) = jar.get("__Host-session") else { return Ok(None) };
        let Ok(session) = Session::decode(cookie.value()) else { return Ok(None) };
        if now - session.signed_in_at() >= LONGEST {
            return Ok(None); // a cookie's own expiry binds honest browsers only
        }
        match auth.resume(&session).await {
            Err(ResumeError::SessionEnded) => Ok(None),
            outcome => outcome.map(Some),
        }
    }
}

mod the_device {
    use axum_extra::extract::CookieJar;
    use axum_extra::extract::cookie::{Cookie, SameSite};
    use doorward::SignedIn;

    pub fn remember(jar: CookieJar, signed_in: &SignedIn) -> CookieJar {
        let own = jar.get("__Host-device").map(|cookie| cookie.value().to_owned());
        let Some(text) = signed_in.device_token().map(|token| token.expose()).or(own) else { return jar };
        let cookie = Cookie::build(("__Host-device", text)).path("/").http_only(true).secure(true);
        jar.add(cookie.same_site(SameSite::Lax).max_age(time::Duration::days(90)))
    }
}

async fn signed_in() -> (Auth, Operator, SignedIn) {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example").unwrap();
    let (auth, operator) =
        Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer).build_with_operator().unwrap();
    let ann = operator.provision_without_mail(Email::parse("ann@acme.example").unwrap()).await.unwrap();
    let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
    let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await.unwrap() else { panic!() };
    let SignIn::Complete(signed_in) = auth.choose_password(&challenge, "a quiet morning in May").await.unwrap() else {
        panic!()
    };
    (auth, operator, signed_in)
}

#[tokio::test]
async fn a_session_on_the_server_is_kept_until_it_ends() {
    let (auth, operator, signed_in) = signed_in().await;
    let cookie = tower_sessions::Session::new(None, Arc::new(MemoryStore::default()), None);
    assert!(on_the_server::who(&auth, &cookie).await.unwrap().is_none());
    on_the_server::keep(&cookie, &signed_in).await.unwrap();
    let found = on_the_server::who(&auth, &cookie).await.unwrap().unwrap();
    assert_eq!(found.session(), signed_in.session());
    operator.sign_out_everywhere(signed_in.user_id()).await.unwrap();
    assert!(on_the_server::who(&auth, &cookie).await.unwrap().is_none());
    auth.close().await;
    assert!(on_the_server::who(&auth, &cookie).await.is_err(), "a failing store does not sign anyone out");
}

#[tokio::test]
async fn a_session_in_a_cookie_is_kept_until_it_ends() {
    let (auth, operator, signed_in) = signed_in().await;
    let jar = PrivateCookieJar::new(Key::generate());
    let now = signed_in.session().signed_in_at();
    assert!(in_a_cookie::who(&auth, &jar, now).await.unwrap().is_none());
    let jar = in_a_cookie::keep(jar, &signed_in);
    assert_eq!(in_a_cookie::who(&auth, &jar, now).await.unwrap().unwrap().session(), signed_in.session());
    operator.sign_out_everywhere(signed_in.user_id()).await.unwrap();
    assert!(in_a_cookie::who(&auth, &jar, now).await.unwrap().is_none());
    auth.close().await;
    assert!(in_a_cookie::who(&auth, &jar, now).await.is_err(), "a failing store does not sign anyone out");
}

#[tokio::test]
async fn section_5_a_session_in_a_cookie_ends_by_its_age_whatever_the_browser_does() {
    let (auth, _, signed_in) = signed_in().await;
    let jar = in_a_cookie::keep(PrivateCookieJar::new(Key::generate()), &signed_in);
    let (began, second) = (signed_in.session().signed_in_at(), time::Duration::SECOND);
    assert_eq!(
        jar.get("__Host-session").unwrap().value(),
        signed_in.session().encode(),
        "as a browser that kept it would send"
    );
    let still = in_a_cookie::who(&auth, &jar, began + in_a_cookie::LONGEST - second).await.unwrap();
    assert!(still.is_some());
    assert!(in_a_cookie::who(&auth, &jar, began + in_a_cookie::LONGEST).await.unwrap().is_none());
    // A proof does not extend it: the age counts from the sign-in.
    let proved = auth.reauthenticate(&signed_in, "a quiet morning in May").await.unwrap();
    let jar = in_a_cookie::keep(jar, &proved);
    assert!(in_a_cookie::who(&auth, &jar, began + in_a_cookie::LONGEST).await.unwrap().is_none());
}

#[test]
fn section_5_the_recipes_say_what_they_lack() {
    let manual = include_str!("../../../src/manual/keeping_sessions.md");
    let (before, _) = manual.split_once("# On the server").unwrap();
    assert!(before.contains("**Both recipes below are stopgaps.**"));
    let (_, sessions) = manual.split_once("# On the server, by tower-sessions\n\n").unwrap();
    assert!(sessions.starts_with("**No published SQL store fits.**"));
}

#[tokio::test]
async fn a_device_cookie_is_set_as_long_as_the_device_is_known() {
    let (auth, _, signed_in) = signed_in().await;
    let jar = the_device::remember(CookieJar::new(), &signed_in);
    let cookie = jar.get("__Host-device").unwrap();
    assert_eq!(cookie.max_age().unwrap().whole_seconds() as u64, DeviceConfig::default().lifetime.as_secs());
    let request = SignInRequest::new("ann@acme.example", "a quiet morning in May").device(cookie.value());
    let SignIn::Complete(again) = auth.sign_in(request).await.unwrap() else { panic!() };
    assert_eq!(again.device_token().unwrap().expose(), cookie.value(), "renewed");
    let resumed = auth.resume(again.session()).await.unwrap();
    assert!(the_device::remember(CookieJar::new(), &resumed).get("__Host-device").is_none(), "there is none");
    let sent = CookieJar::new().add(("__Host-device", cookie.value().to_owned()));
    let jar = the_device::remember(sent, &resumed);
    let again = jar.get("__Host-device").unwrap();
    assert!(again.value() == cookie.value() && again.max_age() == cookie.max_age(), "renewed unchanged");
}

#[test]
fn the_manual_has_these_recipes() {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace("pub ", "");
    let here = squeezed(include_str!("recipes.rs"));
    let manual = include_str!("../../../src/manual/keeping_sessions.md");
    let recipes: Vec<_> =
        manual.split("```rust,ignore").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(recipes.len(), 3);
    for recipe in recipes {
        assert!(here.contains(&squeezed(recipe)), "{recipe}");
    }
}
