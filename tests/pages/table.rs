//! Every route, with every method, type of content and origin. The routes are those that the pages themselves know, so a new one is
//! in the table by itself.

use doorward::event::EventKind;
use doorward::pages::{Pages, RegistrationRefusal};
use http::{Method, Request, StatusCode, header};
use pollster::block_on;

use crate::client::{FORM, Shown, ask, pages_of, world_with_pages};
use crate::support::*;

const METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];

const JSON: &str = "application/json";

const ACCEPTED: [&str; 3] = ["text/html,application/xhtml+xml,*/*;q=0.8", JSON, "*/*"];

const KINDS: [&str; 7] = [
    "",
    FORM,
    "Application/X-WWW-Form-URLEncoded; charset=utf-8",
    JSON,
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/x-www-form-urlencoded-not",
];

/// Fetch metadata and origin, and whether they are another site's.
const SOURCES: [(&[(&str, &str)], bool); 14] = [
    (&[], false),
    (&[("sec-fetch-site", "same-origin")], false),
    (&[("sec-fetch-site", "none")], false),
    (&[("origin", "https://acme.example")], false),
    (&[("sec-fetch-site", "same-origin"), ("origin", "null")], false),
    (&[("sec-fetch-site", "cross-site")], true),
    (&[("sec-fetch-site", "same-site")], true),
    (&[("sec-fetch-site", "")], true),
    (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], true),
    (&[("sec-fetch-site", "cross-site"), ("origin", "https://acme.example")], true),
    (&[("origin", "https://elsewhere.example"), ("host", "elsewhere.example")], true),
    (&[("origin", "http://acme.example")], true),
    (&[("origin", "https://acme.example.elsewhere.example")], true),
    (&[("origin", "null")], true),
];

fn has_security_headers(shown: &Shown, is_asset: bool, what: &str) {
    let header = |name: &str| shown.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    let policy = header("content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
    {
        assert!(policy.split("; ").any(|other| other == part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{what}: {policy}");
    assert_eq!(header("cache-control"), if is_asset { "public, max-age=300" } else { "no-store" }, "{what}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("x-robots-tag"), "noindex", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{what}");
    assert_eq!(header("strict-transport-security"), "max-age=63072000", "{what}");
    shown.has_protected_cookies();
}

/// What must come of a request.
fn expected(
    knows: &dyn Fn(&Method) -> bool,
    path: &str,
    method: &Method,
    kind: &str,
    foreign: bool,
) -> Option<StatusCode> {
    let is_for_operators = path.starts_with("/accounts");
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
    let is_read = [FORM, JSON].contains(&kind.to_ascii_lowercase().split(';').next().unwrap_or_default());
    if foreign && !reads {
        return Some(StatusCode::FORBIDDEN);
    }
    if !knows(&Method::GET) && !knows(&Method::POST) {
        return Some(StatusCode::NOT_FOUND);
    }
    if is_for_operators {
        // Nobody is signed in, and nothing else is said.
        return None;
    }
    let asked = if *method == Method::HEAD { &Method::GET } else { method };
    if !knows(asked) {
        return Some(StatusCode::METHOD_NOT_ALLOWED);
    }
    (method == Method::POST && !is_read).then_some(StatusCode::UNSUPPORTED_MEDIA_TYPE)
}

#[test]
fn every_answer_is_protected_and_every_cross_site_request_refused() {
    let (world, pages) = {
        let world = World::for_pages(crate::register::open_to_all);
        let _ = world.open(ANN, OLD);
        // So that nobody gets a mail.
        let pages = crate::desk::Hooks::new().on(Pages::builder(world.auth.clone()), &world);
        let pages = pages.before_registration(|_| async { Err(RegistrationRefusal::said("No")) }).build().unwrap();
        (world, pages)
    };
    let routes: Vec<_> = pages.routes().collect();
    let mut paths: Vec<_> = routes.iter().map(|(_, path)| path.clone()).collect();
    paths.dedup();
    assert!(paths.len() > 10, "the routes were found");
    paths.extend(["/", "/nowhere", "/sign-in/", "//sign-in", "/SIGN-IN", "/sign-in/../forgot"].map(str::to_owned));
    let mails = world.mailer.count();
    let mut handled = 0;
    for path in &paths {
        let knows = |method: &Method| routes.iter().any(|(known, other)| known == method && other == path);
        for method in &METHODS {
            for kind in KINDS {
                for ((source, foreign), accept) in
                    SOURCES.into_iter().flat_map(|source| ACCEPTED.map(|accept| (source, accept)))
                {
                    let mut request = Request::builder().method(method).uri(path).header("accept", accept);
                    for (name, value) in [("content-type", kind)].iter().filter(|_| !kind.is_empty()).chain(source) {
                        request = request.header(*name, *value);
                    }
                    let body = match kind {
                        JSON => format!(r#"{{"email":"{NOBODY}","password":"a guess","tokens":true}}"#),
                        _ => format!("email={NOBODY}&password=a+guess"),
                    };
                    let shown = block_on(ask(&pages, request.body(body).unwrap()));
                    let what = format!("{method} {path} {kind} {source:?} {accept}");
                    let is_asset = path.starts_with("/pages/") && shown.status == 200;
                    has_security_headers(&shown, is_asset, &what);
                    assert!(!shown.status.is_server_error(), "{what}: {}", shown.status);
                    match expected(&knows, path, method, kind, foreign) {
                        Some(status) => {
                            assert_eq!(shown.status, status, "{what}");
                            assert!(shown.set_cookies().is_empty(), "{what}");
                        }
                        None => {
                            handled += 1;
                            let refusals = [403, 404, 405, 413, 415];
                            let led = [303, 401].contains(&shown.status.as_u16());
                            assert!(!path.starts_with("/accounts") || led, "{what}: {}", shown.status);
                            let unasked = path == "/check-password" && shown.status == 404;
                            assert!(unasked || !refusals.contains(&shown.status.as_u16()), "{what}: {}", shown.status);
                        }
                    }
                    assert!(*method != Method::HEAD || shown.text.is_empty() && shown.set_cookies().is_empty());
                    assert_eq!(shown.headers.contains_key(header::ALLOW), shown.status == 405, "{what}");
                    assert!(!shown.set_cookies().iter().any(|cookie| cookie.starts_with("__Host-session=")), "{what}");
                }
            }
        }
    }
    assert!(handled > 1000, "handlers were reached");
    assert_eq!(world.mailer.count(), mails, "nobody got a mail");
}

#[test]
fn what_is_too_long_is_not_read_and_what_breaks_off_is_a_page() {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// A body without an end, which counts what was taken from it.
    struct Endless(std::sync::Arc<std::sync::atomic::AtomicUsize>, bool);

    impl http_body::Body for Endless {
        type Data = bytes::Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>> {
            let taken = self.0.fetch_add(1024, std::sync::atomic::Ordering::Relaxed);
            if self.1 && taken > 2048 {
                return Poll::Ready(Some(Err(std::io::Error::other("the client went away"))));
            }
            Poll::Ready(Some(Ok(http_body::Frame::data(bytes::Bytes::from(vec![b'a'; 1024])))))
        }
    }

    let pages = pages_of(&World::for_pages(|builder| builder));
    for (breaks, status) in [(false, 413), (true, 400)] {
        let taken = std::sync::Arc::default();
        let body = Endless(std::sync::Arc::clone(&taken), breaks);
        let request = Request::post("/sign-in").header("content-type", FORM).body(body).unwrap();
        assert_eq!(block_on(pages.respond(request)).status(), status);
        assert!(taken.load(std::sync::atomic::Ordering::Relaxed) <= 10 * 1024);
    }
}

#[test]
fn a_form_of_the_host_s_is_refused_as_those_of_the_pages_are() {
    let (_, browser) = world_with_pages(|builder| builder);
    let request = |site: &str, accept: &str| {
        let request = Request::post("/notes").header("sec-fetch-site", site).header(header::ACCEPT, accept);
        request.body(()).unwrap().into_parts().0
    };
    assert!(browser.pages.refuse_cross_site(&request("same-origin", "text/html")).is_none());
    for (accept, kind) in [("text/html", "text/html; charset=utf-8"), ("application/json", "application/problem+json")]
    {
        let refusal = browser.pages.refuse_cross_site(&request("cross-site", accept)).expect("another site sent it");
        assert_eq!(
            (refusal.status().as_u16(), &refusal.headers()[header::CONTENT_TYPE]),
            (403, &kind.parse().unwrap())
        );
        let length: usize = refusal.headers()[header::CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
        assert_eq!(refusal.into_body().into_bytes().len(), length);
    }
}

#[test]
fn the_observer_is_told_once_of_a_request_from_another_site() {
    let (world, browser) = world_with_pages(|builder| builder);
    let refused = |origin: Option<&str>| {
        let before = world.observer.kinds().len();
        let mut request = Request::post("/sign-in").header("sec-fetch-site", "cross-site");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        assert_eq!(block_on(ask(&browser.pages, request.body(String::new()).unwrap())).status, 403);
        world.observer.kinds()[before..].to_vec()
    };
    let told = |origin: Option<&str>| vec![EventKind::CrossSiteRefused { origin: origin.map(Into::into) }];
    assert_eq!(refused(None), told(None));
    assert_eq!(refused(Some("https://evil.example")), told(Some("https://evil.example")));
    let long = format!("https://{}", "x".repeat(500));
    assert_eq!(refused(Some(&long)), told(Some(&long[..128])));
    assert_eq!(refused(Some("a\tb")), told(Some("ab")), "a log line stays one line");
}
