//! The layer and the extractors, on `axum-core` alone. `examples/web` has them in axum itself.
#![cfg(all(feature = "axum", feature = "testing"))]

mod support;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, Request};
use axum_core::response::{IntoResponse, Response};
use doorward::axum::{Fresh, Member, OperatorMember, layer};
use doorward::pages::Pages;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use pollster::block_on;
use support::*;
use tower_layer::Layer;
use tower_service::Service;

const FORM: &str = "application/x-www-form-urlencoded";

/// The host's routes: who is signed in, where one must be; the same where nobody need be; a form.
#[derive(Clone, Default)]
struct Host(Arc<AtomicUsize>);

impl Service<Request> for Host {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0.fetch_add(1, Ordering::Relaxed);
        let (mut parts, _) = request.into_parts();
        let name = |member: &Member| member.email().as_typed().to_owned();
        // A router that is nested sees less of the path.
        let path = parts.uri.path().to_owned();
        parts.uri = "/inner".parse().unwrap();
        let response = match path.as_str() {
            "/anyone" => block_on(Option::<Member>::from_request_parts(&mut parts, &()))
                .map(|who| who.map_or_else(|| "nobody".to_owned(), |who| name(&who)).into_response()),
            "/figures" => block_on(OperatorMember::from_request_parts(&mut parts, &()))
                .map(|OperatorMember(who)| name(&who).into_response()),
            "/danger" => {
                block_on(Fresh::from_request_parts(&mut parts, &())).map(|Fresh(who)| name(&who).into_response())
            }
            _ => block_on(Member::from_request_parts(&mut parts, &())).map(|who| name(&who).into_response()),
        };
        ready(Ok(response.unwrap_or_else(IntoResponse::into_response)))
    }
}

struct Shown {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Shown {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

fn ask(service: &mut impl Service<Request, Response = Response, Error = Infallible>, request: Request) -> Shown {
    let (parts, body) = block_on(service.call(request)).unwrap().into_parts();
    let bytes = block_on(body.collect()).unwrap().to_bytes();
    Shown { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

const PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml;q=0.9");

fn mounted() -> (World, Host, impl Service<Request, Response = Response, Error = Infallible> + Clone) {
    let world = World::for_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let pages = Pages::builder(world.auth.clone()).build().unwrap();
    let host = Host::default();
    let service = layer(&pages).layer(host.clone());
    (world, host, service)
}

fn cookie(signed_in: &doorward::SignedIn) -> String {
    format!("__Host-session={}", signed_in.token().expose())
}

#[test]
fn a_handler_for_members_sends_others_to_the_sign_in_page_and_back() {
    let (world, host, mut service) = mounted();
    let sent = ask(&mut service, request("GET", "/orders?page=2", &[PAGE], ""));
    assert_eq!(
        (sent.status, sent.header(header::LOCATION)),
        (StatusCode::SEE_OTHER, "/sign-in?then=%2Forders%3Fpage%3D2")
    );
    assert_eq!(sent.header(header::CACHE_CONTROL), "no-store");
    assert!(!sent.headers.contains_key(header::SET_COOKIE), "who had no session is not told of an end");
    // The page is one of the pages, and never reaches the host.
    assert_eq!(host.0.load(Ordering::Relaxed), 1);
    let form = format!("email={ANN}&password={}&then=%2Forders%3Fpage%3D2", OLD.replace(' ', "+"));
    let signed_in = ask(&mut service, request("POST", "/sign-in", &[("content-type", FORM)], &form));
    assert_eq!(signed_in.header(header::LOCATION), "/orders?page=2");
    let set = signed_in.headers.get_all(header::SET_COOKIE).iter().map(|set| set.to_str().unwrap());
    let cookie = set.filter_map(|set| set.split(';').next()).find(|set| set.starts_with("__Host-session=")).unwrap();
    assert_eq!(host.0.load(Ordering::Relaxed), 1);
    let shown = ask(&mut service, request("GET", "/orders?page=2", &[PAGE, ("cookie", cookie)], ""));
    assert_eq!((shown.status, &*shown.text), (StatusCode::OK, ANN));

    // Ended: said on the sign-in page. After a form there is no page to come back to.
    world.clock.advance(401 * DAY);
    let ended = ask(&mut service, request("POST", "/orders", &[PAGE, ("cookie", cookie)], "x=1"));
    assert_eq!(ended.header(header::LOCATION), "/sign-in");
    let set = ended.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(set.starts_with("__Host-notice=") && !set.contains("session"), "the session cookie stays: {set}");
}

#[test]
fn what_is_shown_to_a_member_is_not_stored_by_caches() {
    let (world, _, mut service) = mounted();
    let Ok(doorward::SignIn::Complete(ann)) = world.sign_in(ANN, OLD) else { panic!() };
    let cookie = cookie(&ann);
    for path in ["/orders", "/anyone", "/danger"] {
        let shown = ask(&mut service, request("GET", path, &[PAGE, ("cookie", &cookie)], ""));
        assert_eq!((shown.status, shown.header(header::CACHE_CONTROL)), (StatusCode::OK, "no-store"), "{path}");
    }
    let shown = ask(&mut service, request("GET", "/anyone", &[PAGE], ""));
    assert!(shown.status == StatusCode::OK && !shown.headers.contains_key(header::CACHE_CONTROL));
}

/// A handshake is a GET, with the cookies of a page on a subdomain.
#[test]
fn a_web_socket_is_not_opened_by_another_site() {
    let (world, host, mut service) = mounted();
    let Ok(doorward::SignIn::Complete(ann)) = world.sign_in(ANN, OLD) else { panic!() };
    let cookie = cookie(&ann);
    let handshake = [("upgrade", "websocket"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), ("cookie", &*cookie)];
    for (source, expected) in [
        (("origin", "https://acme.example"), StatusCode::OK),
        (("sec-fetch-site", "same-origin"), StatusCode::OK),
        (("origin", "https://blog.acme.example"), StatusCode::FORBIDDEN),
        (("sec-fetch-site", "same-site"), StatusCode::FORBIDDEN),
        (("origin", "null"), StatusCode::FORBIDDEN),
    ] {
        let before = host.0.load(Ordering::Relaxed);
        let headers: Vec<_> = handshake.into_iter().chain([source]).collect();
        let shown = ask(&mut service, request("GET", "/socket", &headers, ""));
        assert_eq!(shown.status, expected, "{source:?}");
        assert_eq!(host.0.load(Ordering::Relaxed) - before, usize::from(expected == StatusCode::OK), "{source:?}");
    }
}

#[test]
fn clients_that_show_no_pages_get_problem_documents() {
    let (world, _, mut service) = mounted();
    let nobody = ask(&mut service, request("GET", "/orders", &[("accept", "application/json")], ""));
    assert_eq!(
        (nobody.status, nobody.header(header::CONTENT_TYPE)),
        (StatusCode::UNAUTHORIZED, "application/problem+json")
    );
    let problem: serde_json::Value = serde_json::from_str(&nobody.text).unwrap();
    assert_eq!((&problem["status"], &problem["code"]), (&401.into(), &"not_signed_in".into()));
    let ann = world.signed_in(ANN, OLD);
    block_on(world.auth.close());
    for path in ["/orders", "/anyone"] {
        for (accept, kind) in [(("accept", "*/*"), "application/problem+json"), (PAGE, "text/html; charset=utf-8")] {
            let down = ask(&mut service, request("GET", path, &[accept, ("cookie", &cookie(&ann))], ""));
            assert_eq!((down.status, down.header(header::CONTENT_TYPE)), (StatusCode::SERVICE_UNAVAILABLE, kind));
            assert!(!down.headers.contains_key(header::SET_COOKIE), "{path}");
        }
    }
}

#[test]
fn a_sensitive_handler_asks_for_a_fresh_proof_and_comes_back() {
    let (world, _, mut service) = mounted();
    let cookie = cookie(&world.signed_in(ANN, OLD));
    let ask_danger = |service: &mut _, method: &str, accept| {
        ask(service, request(method, "/danger?x=1", &[accept, ("cookie", &cookie)], ""))
    };
    assert_eq!(ask_danger(&mut service, "GET", PAGE).text, ANN);
    world.clock.advance(HOUR);
    let stale = ask_danger(&mut service, "GET", PAGE);
    assert_eq!(stale.header(header::LOCATION), "/confirm?then=%2Fdanger%3Fx%3D1");
    assert_eq!(ask_danger(&mut service, "POST", PAGE).header(header::LOCATION), "/confirm");
    let problem = ask_danger(&mut service, "GET", ("accept", "application/json"));
    assert_eq!(problem.status, StatusCode::FORBIDDEN);
    assert!(problem.text.contains("password_proof_needed"), "{}", problem.text);
    let nobody = ask(&mut service, request("GET", "/danger", &[PAGE], ""));
    assert_eq!(nobody.header(header::LOCATION), "/sign-in?then=%2Fdanger");
}

#[test]
fn a_handler_for_anyone_knows_who_it_is() {
    let (world, _, mut service) = mounted();
    let ann = world.signed_in(ANN, OLD);
    assert_eq!(ask(&mut service, request("GET", "/anyone", &[("cookie", &cookie(&ann))], "")).text, ANN);
    for cookie in ["", "__Host-session=x", "session=x"] {
        assert_eq!(ask(&mut service, request("GET", "/anyone", &[("cookie", cookie)], "")).text, "nobody");
    }
}

#[test]
fn forms_of_the_host_are_protected_against_other_sites() {
    let (world, host, mut service) = mounted();
    let cookie = cookie(&world.signed_in(ANN, OLD));
    for (source, passes) in [
        (("sec-fetch-site", "same-origin"), true),
        (("origin", "https://acme.example"), true),
        (("x-none", ""), true),
        (("sec-fetch-site", "cross-site"), false),
        (("sec-fetch-site", "same-site"), false),
        (("origin", "https://elsewhere.example"), false),
    ] {
        for method in ["POST", "PUT", "PATCH", "DELETE", "GET"] {
            let before = host.0.load(Ordering::Relaxed);
            let shown = ask(&mut service, request(method, "/orders", &[source, ("cookie", &cookie)], "x=1"));
            let reached = host.0.load(Ordering::Relaxed) > before;
            assert_eq!(reached, passes || method == "GET", "{method} {source:?}");
            assert_eq!(shown.status, if reached { 200 } else { 403 }, "{method} {source:?}");
        }
    }
}

#[test]
fn without_the_layer_nobody_gets_in() {
    let mut host = Host::default();
    for path in ["/orders", "/anyone"] {
        let shown = ask(&mut host, request("GET", path, &[PAGE], ""));
        assert_eq!(shown.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(shown.text.contains("layer"), "{}", shown.text);
    }
}

/// What `Router::fallback_service` of axum 0.8 asks for.
fn fallback<T>(service: T) -> T
where
    T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    T::Response: IntoResponse,
    T::Future: Send + 'static,
{
    service
}

#[test]
fn the_service_serves_as_the_fallback_of_a_router() {
    let world = World::for_pages(|builder| builder);
    let pages = Pages::builder(world.auth.clone()).build().unwrap();
    let mut service = fallback(pages.service());
    for (path, status) in [("/sign-in", 200), ("/nowhere", 404)] {
        let response = block_on(service.call(request("GET", path, &[PAGE], ""))).unwrap().into_response();
        assert_eq!(
            (response.status().as_u16(), response.headers()[header::CACHE_CONTROL].to_str().unwrap()),
            (status, "no-store")
        );
    }
}

#[test]
fn a_handler_for_operators_does_not_exist_for_others() {
    let world = World::for_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let _ = world.open("boss@acme.example", OLD);
    let pages = Pages::builder(world.auth.clone())
        .operators(world.operator.clone(), Arc::clone(&world.users), |who| async move {
            match who.email().canonical() {
                "lost@acme.example" => {
                    Err(doorward::store::BackendError::new(doorward::store::BackendErrorKind::Unavailable))
                }
                address => Ok(address == "boss@acme.example"),
            }
        })
        .build()
        .unwrap();
    let mut service = layer(&pages).layer(Host::default());
    let mut asked = |email: &str, headers: &[(&str, &str)]| {
        world.clock.advance(MINUTE);
        let Ok(doorward::SignIn::Complete(who)) = world.sign_in(email, OLD) else { panic!() };
        let cookie = cookie(&who);
        let headers: Vec<_> = headers.iter().copied().chain([("cookie", cookie.as_str())]).collect();
        ask(&mut service, request("GET", "/figures", &headers, ""))
    };
    let boss = asked("boss@acme.example", &[PAGE]);
    assert_eq!((boss.status, &*boss.text), (StatusCode::OK, "boss@acme.example"));
    let ann = asked(ANN, &[PAGE]);
    assert!(ann.status == StatusCode::NOT_FOUND && ann.text.contains("This page does not exist."), "{}", ann.text);
    let program = asked(ANN, &[]);
    assert_eq!(
        (program.status, program.header(header::CONTENT_TYPE)),
        (StatusCode::NOT_FOUND, "application/problem+json")
    );
    let _ = world.open("lost@acme.example", OLD);
    assert_eq!(asked("lost@acme.example", &[PAGE]).status, StatusCode::SERVICE_UNAVAILABLE);
    let nobody = ask(&mut service, request("GET", "/figures", &[PAGE], ""));
    assert_eq!(nobody.header(header::LOCATION), "/sign-in?then=%2Ffigures");
}

#[test]
fn pages_that_do_not_know_operators_let_nobody_in_as_one() {
    let (world, _, mut service) = mounted();
    for cookie in [cookie(&world.signed_in(ANN, OLD)), String::new()] {
        let shown = ask(&mut service, request("GET", "/figures", &[PAGE, ("cookie", &cookie)], ""));
        assert_eq!(shown.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(shown.text.contains("PagesBuilder::operators"), "{}", shown.text);
    }
}
