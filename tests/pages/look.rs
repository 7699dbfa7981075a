//! What a host changes about the look of the pages, in steps.

use doorward::pages::model::{ForgotSentPage, PageModel, SecurityPage, SignInPage};
use doorward::pages::{Look, Pages};
use http::{Request, header};
use pollster::block_on;

use crate::client::{Client, FORM, ask, pages_of, world_with_pages};
use crate::support::*;

fn with_look(world: &World, look: Look) -> Pages {
    Pages::builder(world.auth.clone()).look(look).build().unwrap()
}

fn framed() -> Look {
    Look::new().frame(|frame| {
        format!(
            "<!doctype html><html lang={} dir={}><title>{}</title>{}<nav>{}</nav>{}<footer>Acme Ltd</footer>",
            frame.language, frame.direction, frame.title, frame.head, frame.account, frame.content
        )
    })
}

#[test]
fn a_frame_is_around_every_page_and_the_content_stays() {
    let (world, _) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let mut client = Client::of(&with_look(&world, framed()));
    let shown = client.get("/sign-in");
    assert!(shown.text.starts_with("<!doctype html><html lang=en dir=ltr><title>Sign in"), "{}", shown.text);
    assert_eq!(shown.text.matches("<main").count(), 1);
    assert_eq!(shown.text.matches("<html").count(), 1, "no document within a document");
    shown.says("<nav></nav>").says("<footer>Acme Ltd</footer>").says("/pages/style.css");
    // Errors and refusals have it, too.
    client.get("/nowhere").says("<footer>Acme Ltd</footer>").says("This page does not exist.");
    client.sign_in(ANN, "wrong").says("<title>Error: Sign in").says("Acme Ltd");
    world.clock.advance(std::time::Duration::from_secs(10));
    client.sign_in(ANN, OLD).location();
    client.get("/security").says("Acme Ltd").says("<nav><a href=\"/security\">").says("action=\"/sign-out\"");
    // Programs get data all the same.
    let request = Request::get("/sign-in").header("accept", "application/json").body(String::new()).unwrap();
    let data = block_on(ask(&client.pages, request));
    assert_eq!(data.headers[header::CONTENT_TYPE], "application/json");
    assert!(!data.text.contains("Acme Ltd"));
}

#[test]
fn one_page_is_drawn_from_its_data_and_the_others_stay() {
    let (world, _) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let look = framed()
        .page(|page: &ForgotSentPage| format!("own: one mail in {} minutes", page.minutes))
        .page(|page: &SignInPage| {
            format!("own: {} {:?} {:?}", page.page().title, page.email, page.page().wrong("email"))
        })
        .page(|page: &SecurityPage| format!("own: {} sessions", page.sessions.len()));
    let mut client = Client::of(&with_look(&world, look));
    assert_eq!(client.get("/forgot/sent").text, "own: one mail in 5 minutes", "without the frame");
    assert_eq!(client.get("/sign-in").text, "own: Sign in \"\" None");
    let refused = client.sign_in(ANN, "wrong");
    assert_eq!(refused.status, 401);
    let words = "Some(\"Email and Password do not match\")";
    assert_eq!(refused.text, format!("own: Sign in {ANN:?} {words}"));
    client.get("/forgot").says("Acme Ltd");
    world.clock.advance(std::time::Duration::from_secs(10));
    client.sign_in(ANN, OLD).location();
    let own = client.get("/security");
    assert!(own.text.starts_with("own: ") && own.text.ends_with(" sessions"), "{}", own.text);
    assert_eq!(own.headers["cache-control"], "no-store");
    assert!(own.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
}

#[test]
fn a_page_of_the_host_looks_like_the_others_and_shows_who_is_signed_in() {
    let (world, mut client) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let own = |client: &Client, framed: Option<Look>| {
        let pages = framed.map_or_else(|| pages_of(&world), |look| with_look(&world, look));
        let mut request = Request::get("/orders").header("accept", "application/json").body(()).unwrap().into_parts().0;
        if let Some(token) = client.cookie("session") {
            request.headers.insert(header::COOKIE, format!("__Host-session={token}").parse().unwrap());
        }
        let who = block_on(pages.resume(&request)).ok();
        let response = pages.page(&request, who.as_ref(), "Orders <new>", "<p>None <em>yet</em>.</p>");
        let (parts, body) = response.into_parts();
        let body = block_on(http_body_util::BodyExt::collect(body)).unwrap().to_bytes();
        (parts, String::from_utf8(body.to_vec()).unwrap())
    };
    let (parts, text) = own(&client, None);
    assert!(text.contains("<h1>Orders &#60;new&#62;</h1>") && text.contains("<p>None <em>yet</em>.</p>"), "{text}");
    assert!(!text.contains("/sign-out"), "nobody is signed in");
    assert_eq!((parts.status.as_u16(), &parts.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
    assert_eq!(parts.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "it is a page for everyone");
    client.sign_in(ANN, OLD).location();
    assert!(own(&client, None).1.contains("action=\"/sign-out\""));
    assert!(own(&client, Some(framed())).1.contains("<footer>Acme Ltd</footer>"));
}

#[test]
fn a_look_shows_nothing_of_its_page_in_debug() {
    assert_eq!(format!("{:?}", framed().stylesheet("/a.css")), "Look { stylesheet: Some(\"/a.css\"), .. }");
    let (world, _) = world_with_pages(|builder| builder);
    let mut shown = Client::of(&with_look(&world, Look::new().frame(|frame| format!("{frame:?}"))));
    assert_eq!(shown.get("/sign-in").text, "Frame { title: \"Sign in – Acme\", .. }");
    // A form is read as before.
    let request = Request::post("/forgot").header("content-type", FORM).body("email=nobody".to_owned()).unwrap();
    assert_eq!(block_on(ask(&with_look(&world, framed()), request)).status, 422);
}

#[test]
fn drawn_content_has_the_frame_and_the_messages_around_it() {
    let (world, _) = world_with_pages(|builder| builder);
    let _ = world.open(ANN, OLD);
    let look =
        framed().content(|page: &SignInPage| format!("<form id=\"own\" data-keep=\"{}\"></form>", page.keep_days));
    let mut client = Client::of(&with_look(&world, look));
    let shown = client.get("/sign-in");
    shown.says("<form id=\"own\" data-keep=\"").says("<footer>Acme Ltd</footer>").says("<h1>Sign in</h1>");
    assert!(!shown.text.contains("name=\"password\""), "the crate's form is replaced");
    assert_eq!(shown.text.matches("<main").count(), 1);
    client.sign_in(ANN, "wrong").says("<form id=\"own\"").says("Email and Password do not match");
    // Without a frame it is a whole document all the same.
    let mut plain = Client::of(&with_look(&world, Look::new().content(|_: &SignInPage| "<p>own</p>".to_owned())));
    assert!(plain.get("/sign-in").says("<p>own</p>").says("</html>").text.starts_with("<!doctype html>"));
}
