//! The recipes from the manual's page on keeping sessions, word for word, and tests that they work.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use axum::response::sse::Event;
use axum_extra::extract::CookieJar;
use doorward::config::DeviceConfig;
use doorward::error::ResumeError;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::testing::ManualClock;
use doorward::{Auth, Clock, Email, Operator, SignIn, SignInRequest, SignedIn, Site};
use futures_util::stream::{self, Stream, StreamExt};
use time::macros::datetime;

mod the_session {
    use axum_extra::extract::CookieJar;
    use axum_extra::extract::cookie::{Cookie, SameSite};
    use doorward::error::ResumeError;
    use doorward::{Auth, SignedIn};
    use time::Duration;

    pub fn keep(jar: CookieJar, signed_in: &SignedIn) -> CookieJar {
        let mut cookie = Cookie::new("__Host-session", signed_in.token().expose());
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_secure(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(signed_in.max_age().and_then(|left| Duration::try_from(left).ok()));
        jar.add(cookie)
    }

    pub async fn who(auth: &Auth, jar: &CookieJar) -> Result<Option<SignedIn>, ResumeError> {
        let Some(cookie) = jar.get("__Host-session") else { return Ok(None) };
        match auth.resume(cookie.value()).await {
            Err(ResumeError::SessionEnded) => Ok(None),
            outcome => outcome.map(Some),
        }
    }
}

mod a_stream {
    use std::time::Duration;

    use axum::http::StatusCode;
    use axum::response::sse::{Event, Sse};
    use axum::response::{IntoResponse, Response};
    use axum_extra::extract::CookieJar;
    use doorward::error::ResumeError;
    use doorward::{Auth, Clock, SignedIn};
    use futures_util::{Stream, StreamExt};

    use super::the_session::who;

    /// Waits until the session has ended.
    async fn ended(auth: Auth, signed_in: SignedIn, clock: impl Clock) {
        const MINUTE: Duration = Duration::from_secs(60);
        let mut left = signed_in.expires_in();
        loop {
            tokio::time::sleep(left.min(MINUTE)).await;
            left = match auth.sessions(&signed_in).await {
                Ok(sessions) => match sessions.iter().find(|session| session.is_current) {
                    Some(session) => session.expires_in(clock.now()),
                    None => return,
                },
                // A failure of the store ends no connection, but what is not known to go on ends in time.
                Err(ResumeError::Unavailable(_)) if left > MINUTE => left - MINUTE,
                Err(_) => return,
            };
        }
    }

    pub async fn stream<E>(
        auth: Auth,
        jar: CookieJar,
        clock: impl Clock,
        events: impl Stream<Item = Result<Event, E>> + Send + 'static,
    ) -> Response
    where
        E: Into<axum::BoxError> + 'static,
    {
        match who(&auth, &jar).await {
            Ok(Some(signed_in)) => Sse::new(events.take_until(ended(auth, signed_in, clock))).into_response(),
            Ok(None) => StatusCode::UNAUTHORIZED.into_response(),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
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

const ANN: (&str, &str) = ("ann@acme.example", "a quiet morning in May");

struct Host {
    auth: Auth,
    operator: Operator,
    clock: ManualClock,
    signed_in: SignedIn,
}

async fn host() -> Host {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example").unwrap();
    let clock = ManualClock::at(datetime!(2026-11-24 09:00 UTC));
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .clock(clock.clone())
        .build_with_operator()
        .unwrap();
    let ann = operator.provision_without_mail(Email::parse(ANN.0).unwrap()).await.unwrap();
    let request = SignInRequest::new(ANN.0, ann.temporary_password.expose());
    let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await.unwrap() else { panic!() };
    let SignIn::Complete(signed_in) = auth.choose_password(&challenge, ANN.1).await.unwrap() else { panic!() };
    Host { auth, operator, clock, signed_in }
}

impl Host {
    async fn sign_in(&self, keep: bool) -> SignedIn {
        let request = SignInRequest::new(ANN.0, ANN.1).keep_signed_in(keep);
        let SignIn::Complete(signed_in) = self.auth.sign_in(request).await.unwrap() else { panic!() };
        signed_in
    }

    fn jar(&self) -> CookieJar {
        the_session::keep(CookieJar::new(), &self.signed_in)
    }

    async fn is_signed_in(&self, jar: &CookieJar) -> bool {
        the_session::who(&self.auth, jar).await.unwrap().is_some()
    }

    /// A stream of one event that then waits for more.
    async fn stream(&self, jar: CookieJar) -> Response {
        let events = stream::iter([Ok::<_, Infallible>(Event::default().data("hello"))]).chain(stream::pending());
        a_stream::stream(self.auth.clone(), jar, self.clock.clone(), events).await
    }
}

#[tokio::test]
async fn a_session_is_kept_until_it_ends() {
    let host = host().await;
    assert!(!host.is_signed_in(&CookieJar::new()).await);
    let jar = host.jar();
    let found = the_session::who(&host.auth, &jar).await.unwrap().unwrap();
    assert_eq!(found.session(), host.signed_in.session());
    assert_eq!(jar.get("__Host-session").unwrap().value(), host.signed_in.token().expose(), "as it is");
    host.operator.sign_out_everywhere(host.signed_in.user_id()).await.unwrap();
    assert!(!host.is_signed_in(&jar).await);
    host.auth.close().await;
    assert!(the_session::who(&host.auth, &jar).await.is_err(), "a failing store does not sign anyone out");
}

#[tokio::test]
async fn the_cookie_lasts_as_the_user_asked_and_is_bound_to_its_host() {
    let host = host().await;
    for (keep, days) in [(false, None), (true, Some(30))] {
        let jar = the_session::keep(CookieJar::new(), &host.sign_in(keep).await);
        let cookie = jar.get("__Host-session").unwrap();
        assert_eq!(cookie.max_age(), days.map(time::Duration::days));
        assert!(cookie.secure().unwrap() && cookie.http_only().unwrap() && cookie.domain().is_none());
        assert_eq!((cookie.path(), cookie.same_site().unwrap().to_string()), (Some("/"), "Lax".to_owned()));
        host.clock.advance(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn a_proof_moves_the_token_and_the_cookie_before_is_dead() {
    let host = host().await;
    let before = host.jar();
    host.clock.advance(Duration::from_secs(60));
    let proved = host.auth.reauthenticate(&host.signed_in, ANN.1).await.unwrap();
    assert!(!host.is_signed_in(&before).await);
    assert!(host.is_signed_in(&the_session::keep(before, &proved)).await);
    assert_eq!(proved.session().id, host.signed_in.session().id, "it is the same session");
}

#[tokio::test]
async fn a_session_ends_by_its_age_whatever_the_browser_does() {
    let host = host().await;
    let (jar, minute) = (host.jar(), Duration::from_secs(60));
    for _ in 0..(24 * 60 / 50) {
        host.clock.advance(50 * minute);
        assert!(host.is_signed_in(&jar).await);
    }
    host.clock.advance(40 * minute);
    assert!(!host.is_signed_in(&jar).await, "a day after the sign-in, though it was in use");
    let unused = the_session::keep(jar, &host.sign_in(false).await);
    host.clock.advance(60 * minute);
    assert!(!host.is_signed_in(&unused).await);
    let kept = the_session::keep(unused, &host.sign_in(true).await);
    host.clock.advance(29 * 24 * 60 * minute);
    assert!(host.is_signed_in(&kept).await);
}

/// The next piece of a stream within ten minutes, of a time that passes as soon as everybody waits.
async fn next(body: &mut (impl Stream<Item = Result<axum::body::Bytes, axum::Error>> + Unpin)) -> Next {
    match tokio::time::timeout(Duration::from_secs(600), body.next()).await {
        Err(_) => Next::Open,
        Ok(None) => Next::Ended,
        Ok(Some(piece)) => Next::Event(String::from_utf8(piece.unwrap().to_vec()).unwrap()),
    }
}

#[derive(Debug, PartialEq)]
enum Next {
    Event(String),
    Open,
    Ended,
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_after_the_sign_out_in_another_request() {
    let host = host().await;
    let answer = host.stream(host.jar()).await;
    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &"text/event-stream".parse().unwrap())
    );
    let mut body = answer.into_body().into_data_stream();
    assert_eq!(next(&mut body).await, Next::Event("data: hello\n\n".to_owned()));
    assert_eq!(next(&mut body).await, Next::Open);
    let here = the_session::who(&host.auth, &host.jar()).await.unwrap().unwrap();
    host.auth.sign_out(&here).await.unwrap();
    let begun = tokio::time::Instant::now();
    assert_eq!(next(&mut body).await, Next::Ended);
    assert!(begun.elapsed() <= Duration::from_secs(60));
    assert_eq!(host.stream(host.jar()).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_no_use_of_its_session() {
    let host = host().await;
    let mut body = host.stream(host.jar()).await.into_body().into_data_stream();
    next(&mut body).await;
    for _ in 0..5 {
        host.clock.advance(Duration::from_secs(10 * 60));
        assert_eq!(next(&mut body).await, Next::Open);
    }
    let left = host.auth.sessions(&host.signed_in).await.unwrap()[0].expires_in(host.clock.now());
    assert_eq!(left, Duration::from_secs(10 * 60));
    // Seconds before its end, the next look is when it ends.
    host.clock.advance(Duration::from_secs(10 * 60 - 5));
    assert_eq!(next(&mut body).await, Next::Open);
    host.clock.advance(Duration::from_secs(5));
    let begun = tokio::time::Instant::now();
    assert_eq!(next(&mut body).await, Next::Ended);
    assert!(begun.elapsed() <= Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_outlives_a_store_that_fails_but_not_its_session() {
    let host = host().await;
    let mut body = host.stream(host.jar()).await.into_body().into_data_stream();
    next(&mut body).await;
    host.auth.close().await; // every later call is `Unavailable`
    assert!(matches!(host.auth.sessions(&host.signed_in).await, Err(ResumeError::Unavailable(_))));
    for _ in 0..5 {
        assert_eq!(next(&mut body).await, Next::Open);
    }
    assert_eq!(next(&mut body).await, Next::Ended, "an hour later it would have ended");
    assert_eq!(host.stream(host.jar()).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_device_cookie_is_set_as_long_as_the_device_is_known() {
    let Host { auth, signed_in, .. } = host().await;
    let jar = the_device::remember(CookieJar::new(), &signed_in);
    let cookie = jar.get("__Host-device").unwrap();
    assert_eq!(cookie.max_age().unwrap().whole_seconds() as u64, DeviceConfig::default().lifetime.as_secs());
    let request = SignInRequest::new(ANN.0, ANN.1).device(cookie.value());
    let SignIn::Complete(again) = auth.sign_in(request).await.unwrap() else { panic!() };
    assert_eq!(again.device_token().unwrap().expose(), cookie.value(), "renewed");
    let resumed = auth.resume(&again.token().expose()).await.unwrap();
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
