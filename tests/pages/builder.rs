use doorward::config::TokenPlacement;

use doorward::pages::{Look, Pages, PagesBuilder};
use doorward::{AuthBuilder, Site};

use crate::client::{Client, world_with_pages};
use crate::support::*;

/// The setting that is named when the pages are not built.
fn fault(auth: impl FnOnce(AuthBuilder) -> AuthBuilder, pages: impl FnOnce(PagesBuilder) -> PagesBuilder) -> String {
    let world = World::with(auth);
    let error = pages(Pages::builder(world.auth.clone())).build().unwrap_err();
    assert!(error.to_string().starts_with(error.setting()) && error.code() == "pages_invalid");
    error.setting().to_owned()
}

/// Pages of a site whose paths were changed.
fn of_site(change: impl FnOnce(Site) -> Site) -> Result<Pages, doorward::pages::PagesError> {
    let auth = doorward::Auth::builder(
        change(site()),
        doorward::store::MemoryUsers::new(),
        doorward::store::MemoryAttempts::new(),
        doorward::mail::PrintingMailer,
    );
    Pages::builder(auth.keyring(keyring()).background(drop).build().unwrap()).build()
}

#[test]
fn misuse_fails_when_pages_are_built_and_names_the_setting() {
    assert_eq!(fault(|builder| builder, |pages| pages), "keyring");
    assert_eq!(fault(|builder| builder.keyring(keyring()), |pages| pages), "background");
    let keyed = |builder: AuthBuilder| builder.keyring(keyring()).background(drop);
    for home in ["//elsewhere.example", "https://elsewhere.example", "orders", "/\\elsewhere.example", ""] {
        assert_eq!(fault(keyed, |pages| pages.home(home)), "home", "{home}");
        assert_eq!(fault(keyed, |pages| pages.look(Look::new().stylesheet(home))), "look.stylesheet", "{home}");
    }
}

#[test]
fn hooks_that_do_not_fit_are_named() {
    use doorward::store::{BackendError, MemoryUsers};

    let keyed = |builder: AuthBuilder| builder.keyring(keyring()).background(drop);
    let other = World::with(keyed);
    let of_another = |pages: PagesBuilder| {
        pages.operators(other.operator.clone(), MemoryUsers::new(), |_| async { Ok::<_, BackendError>(true) })
    };
    assert_eq!(fault(keyed, of_another), "operators");
    assert_eq!(fault(keyed, |pages| pages.onboarding_steps(["Your name"])), "onboarding_steps");
    for home in ["/welcome", "/welcome?x=1"] {
        let to_itself = |pages: PagesBuilder| pages.onboarding(|_| async { Ok(None) }).home(home);
        assert_eq!(fault(keyed, to_itself), "home");
    }
}

/// All pages below a path.
fn below_account(site: Site) -> Site {
    let site = site.sign_in_path("/account/sign-in").unwrap().reset_path("/account/reset/confirm").unwrap();
    let site = site.email_confirm_path("/account/email/confirm").unwrap();
    site.email_undo_path("/account/email/undo").unwrap().deletion_path("/account/leaving/undo").unwrap()
}

#[test]
fn mails_link_to_where_the_pages_are_or_they_are_not_built() {
    let setting = |site: Result<Pages, doorward::pages::PagesError>| site.unwrap_err().setting();
    assert_eq!(setting(of_site(|site| site.sign_in_path("/login").unwrap())), "site.sign_in_path");
    assert_eq!(setting(of_site(|site| site.reset_path("/reset").unwrap())), "site.reset_path");
    assert_eq!(setting(of_site(|site| site.sign_in_path("/account/sign-in").unwrap())), "site.reset_path");
    assert_eq!(setting(of_site(|site| site.email_confirm_path("/moved").unwrap())), "site.email_confirm_path");
    assert_eq!(setting(of_site(|site| site.email_undo_path("/oops").unwrap())), "site.email_undo_path");
    assert_eq!(setting(of_site(|site| site.deletion_path("/keep").unwrap())), "site.deletion_path");
    let opened = |change: fn(Site) -> Site| {
        let auth = doorward::Auth::builder(
            change(site()),
            doorward::store::MemoryUsers::new(),
            doorward::store::MemoryAttempts::new(),
            doorward::mail::PrintingMailer,
        );
        let auth = crate::register::open_to_all(auth.keyring(keyring()).background(drop));
        Pages::builder(auth.build().unwrap()).build()
    };
    let below = below_account;
    assert_eq!(setting(opened(|site| site.registration_path("/join").unwrap())), "site.registration_path");
    assert_eq!(setting(opened(below)), "site.registration_path");
    assert!(of_site(below).is_ok(), "it is off");
    let pages = opened(|site| below_account(site).registration_path("/account/register/confirm").unwrap());
    assert!(pages.is_ok_and(|pages| pages.has("/account/register") && !pages.has("/register")));
    assert_eq!(setting(of_site(|site| site.link_token(TokenPlacement::Fragment))), "site.link_token");

    let below = of_site(below_account);
    let mut client = Client::of(&below.unwrap());
    assert!(client.pages.has("/account/forgot") && !client.pages.has("/forgot") && !client.pages.has("/account"));
    let page = client.get("/account/sign-in");
    page.says(r#"action="/account/sign-in""#).says(r#"href="/account/forgot""#).says(r#"src="/account/pages/page.js""#);
    for path in ["/account/pages/page.js", "/account/pages/style.css", "/account/pages/icon.svg"] {
        assert_eq!(client.get(path).status, 200, "{path}");
    }
    assert_eq!(client.get("/sign-in").status, 404);
    // What is well known is so for the whole origin.
    assert_eq!(client.get("/.well-known/change-password").location(), "/account/security");
    assert_eq!(client.get("/account/.well-known/change-password").status, 404);
}

#[test]
fn a_site_below_a_path_has_its_pages_and_its_home_there() {
    let site = Site::new("Acme", "https://acme.example/app", "https://acme.example/chat").unwrap();
    let auth = doorward::Auth::builder(
        site,
        doorward::store::MemoryUsers::new(),
        doorward::store::MemoryAttempts::new(),
        doorward::mail::PrintingMailer,
    );
    let pages = Pages::builder(auth.keyring(keyring()).background(drop).build().unwrap()).build().unwrap();
    let page = Client::of(&pages).get("/app/sign-in");
    page.says(r#"action="/app/sign-in""#).says(r#"<a class="brand" href="/app">"#).says("https://acme.example/chat");
}

#[test]
fn neither_pages_nor_their_builder_show_secrets() {
    let (world, client) = world_with_pages(|builder| builder);
    let shown = format!("{:?} {:?} {:?}", client.pages, Pages::builder(world.auth.clone()), client.pages.service());
    for secret in ["7, 7", "0707", "Keyring"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn no_template_forgets_the_base_path() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages/templates");
    let templates: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(templates.len() > 10, "the templates were found");
    for template in templates {
        let text = std::fs::read_to_string(&template).unwrap();
        for word in ["=\"/", "='/", "style=", "onclick", "<style", "<script>", "|safe"] {
            // What a host hands over for a page of its own is HTML.
            let is_handed_over = word == "|safe" && template.ends_with("own_page.html");
            assert!(is_handed_over || !text.contains(word), "{} has {word}", template.display());
        }
    }
}

#[test]
fn a_style_sheet_of_the_host_comes_after_that_of_the_pages() {
    let (world, mut plain) = world_with_pages(|builder| builder);
    let own = r#"<link rel="stylesheet" href="/acme.css?v=2">"#;
    assert!(!plain.get("/sign-in").text.contains("acme.css"));
    let pages = Pages::builder(world.auth.clone()).look(Look::new().stylesheet("/acme.css?v=2")).build().unwrap();
    let page = Client::of(&pages).get("/sign-in");
    let (before, _) = page.text.split_once(own).expect("the page has the link");
    assert!(before.contains("/pages/style.css"));
}
