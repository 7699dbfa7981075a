//! A walk through every page, in every state that a browser can bring it to.

use std::collections::BTreeSet;
use std::time::Duration;

use doorward::config::ResetMode;
use doorward::pages::{Pages, PagesBuilder};
use doorward::second_factor::SecondFactorPolicy;
use doorward::session::SessionLifetimes;
use http::{Method, Request, header};
use pollster::block_on;

use crate::client::{Client, FORM, Shown, ask};
use crate::desk::{BOSS, Hooks, Told, id_of, world_with_boss};
use crate::support::*;

/// Collects pages, in one language.
pub struct Tour {
    tag: &'static str,
    texts: String,
    pub seen: Vec<(String, Shown)>,
}

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const NEWCOMER: &str = "new@acme.example";

impl Tour {
    /// Every page, with these texts added to the language.
    pub fn through(tag: &'static str, texts: &str) -> Self {
        let mut tour = Self { tag, texts: texts.to_owned(), seen: Vec::new() };
        tour.signing_in();
        tour.second_step();
        tour.enrolment();
        tour.forgotten();
        tour.reset();
        tour.reset_by_the_link_alone();
        tour.registered();
        tour.moved();
        tour.left();
        tour.settings();
        tour.settings_with_an_app();
        tour.steps_up();
        tour.ends_soon();
        tour.welcomed();
        tour.activities();
        tour.desk();
        tour.provisioned();
        tour.failures();
        tour
    }

    fn client(&self, world: &World) -> Client {
        let tag = self.tag;
        let builder = Pages::builder(world.auth.clone()).language(move |_| Some(tag.to_owned()));
        Client::of(&builder.texts(tag, &self.texts).build().unwrap())
    }

    /// A page, or where it leads.
    fn see(&mut self, what: &str, shown: Shown) -> Option<String> {
        if shown.status == 303 {
            return Some(shown.location().to_owned());
        }
        self.seen.push((what.to_owned(), shown));
        None
    }

    fn get(&mut self, client: &mut Client, path: &str) {
        let shown = client.get(path);
        assert!(self.see(&format!("GET {path}"), shown).is_none(), "{path} leads on");
    }

    /// The page that a form gets, at once or by a redirect.
    fn post(&mut self, client: &mut Client, path: &str, fields: &[(&str, &str)]) {
        let shown = client.post(path, fields);
        if let Some(next) = self.see(&format!("POST {path}"), shown) {
            let shown = client.get(&next);
            let _ = self.see(&format!("POST {path}, then {next}"), shown);
        }
    }

    fn signing_in(&mut self) {
        let world = World::for_pages(|builder| builder);
        world.provision(NEWCOMER);
        let mailed = world.mailed_password();
        let mut browser = self.client(&world);
        self.get(&mut browser, "/sign-in");
        self.post(&mut browser, "/sign-in", &[("email", NOBODY), ("password", "a guess")]);
        self.post(&mut browser, "/sign-in", &[("email", NOBODY), ("password", "a guess")]);
        self.post(&mut browser, "/sign-in", &[("email", NEWCOMER), ("password", &mailed)]);
        self.post(&mut browser, "/choose-password", &[("new_password", "short")]);
        assert_eq!(browser.post("/choose-password", &[("new_password", OLD)]).location(), "/");
        self.get(&mut browser, "/sign-in");
        self.get(&mut browser, "/sign-out");
        let mut ended = browser.clone();
        self.post(&mut browser, "/sign-out", &[]);
        assert!(ended.get("/security").location().starts_with("/sign-in"));
        self.get(&mut ended, "/sign-in");
    }

    fn second_step(&mut self) {
        let (world, _, app, codes) = World::with_enrolled_ann_and(|builder| {
            for_pages(builder).configure(|config| config.second_factor.remember_device = Some(30 * DAY))
        });
        let mut browser = self.client(&world);
        self.post(&mut browser, "/sign-in", &[("email", ANN), ("password", OLD)]);
        self.get(&mut browser, "/second-step?recovery");
        self.post(&mut browser, "/second-step", &[("code", "x")]);
        self.post(&mut browser, "/second-step", &[("code", &app.wrong_code(&world))]);
        self.post(&mut browser, "/second-step", &[("code", &app.wrong_code(&world)), ("recovery", "1")]);
        world.clock.advance(HOUR);
        let _ = browser.sign_in(ANN, OLD);
        let code = codes.expose().next().unwrap();
        assert_eq!(browser.post("/second-step", &[("code", code), ("recovery", "1")]).location(), "/");
        self.get(&mut browser, "/security");
    }

    fn enrolment(&mut self) {
        let world = World::for_pages(|builder| {
            builder.configure(|config| config.second_factor.policy = SecondFactorPolicy::Required)
        });
        world.provision(NEWCOMER);
        let mailed = world.mailed_password();
        let mut browser = self.client(&world);
        let _ = browser.sign_in(NEWCOMER, &mailed);
        self.post(&mut browser, "/choose-password", &[("new_password", OLD)]);
        let begun = browser.post("/authenticator", &[]);
        let code = code_of(&world, &begun);
        let _ = self.see("POST /authenticator", begun);
        self.post(&mut browser, "/authenticator/confirm", &[("code", "x")]);
        self.post(&mut browser, "/authenticator/confirm", &[("code", &code)]);
        self.get(&mut browser, "/security");
    }

    fn forgotten(&mut self) {
        let world = World::for_pages(|builder| builder);
        let mut browser = self.client(&world);
        self.get(&mut browser, "/forgot");
        self.post(&mut browser, "/forgot", &[("email", "ann@@acme.example")]);
        self.post(&mut browser, "/forgot", &[("email", ANN)]);
        self.post(&mut browser, "/forgot/change", &[("email", ANN)]);
        self.post(&mut browser, "/forgot/send", &[("email", ANN)]);
    }

    fn reset(&mut self) {
        let world = World::for_pages(|builder| builder);
        let _ = world.open(ANN, OLD);
        let mut browser = self.client(&world);
        let token = world.request(ANN);
        let page = browser.get(&format!("/reset/confirm?token={token}")).location().to_owned();
        let name = page.rsplit('=').next().unwrap().to_owned();
        self.get(&mut browser, &page);
        let (mut twice, mut other) = (browser.clone(), self.client(&world));
        self.get(&mut other, &page);
        self.get(&mut other, "/reset/confirm?token=damaged");
        self.post(&mut browser, "/reset/confirm", &[("link", &name)]);
        self.post(&mut twice, "/reset/confirm", &[("link", &name)]);
        let mailed = world.mailed_password();
        let _ = browser.sign_in(ANN, &mailed);
        let _ = browser.post("/choose-password", &[("new_password", NEW)]);
        self.get(&mut browser, "/security");
        self.post(&mut twice, "/reset/confirm", &[("link", &name)]);
    }

    fn reset_by_the_link_alone(&mut self) {
        let world =
            World::for_pages(|builder| builder.configure(|config| config.reset.mode = ResetMode::ChooseNewPassword));
        let _ = world.open(ANN, OLD);
        let mut browser = self.client(&world);
        let page = browser.get(&format!("/reset/confirm?token={}", world.request(ANN))).location().to_owned();
        let name = page.rsplit('=').next().unwrap().to_owned();
        self.get(&mut browser, &page);
        self.post(&mut browser, "/reset/confirm", &[("link", &name), ("new_password", "acme")]);
        self.post(&mut browser, "/reset/confirm", &[("link", &name), ("new_password", "acme"), ("code", "0")]);
        let _ = browser.post("/reset/confirm", &[("link", &name), ("new_password", NEW)]);
        self.get(&mut browser, "/security");
    }

    fn registered(&mut self) {
        let world = World::for_pages(|builder| {
            crate::register::open_to_all(builder)
                .configure(|config| config.registration.domains = vec!["acme.example".into()])
        });
        let mut browser = self.client(&world);
        self.get(&mut browser, "/sign-in");
        self.get(&mut browser, "/register");
        self.post(&mut browser, "/register", &[("email", "ann@@acme.example")]);
        self.post(&mut browser, "/register", &[("email", "ann@elsewhere.acme.example")]);
        self.post(&mut browser, "/register", &[("email", NEWCOMER)]);
        self.post(&mut browser, "/register/change", &[("email", NEWCOMER)]);
        self.post(&mut browser, "/register/send", &[("email", NEWCOMER)]);
        let page = browser.get(&format!("/register/confirm?token={}", world.mailed_token())).location().to_owned();
        let name = page.rsplit('=').next().unwrap().to_owned();
        self.get(&mut browser, &page);
        let (mut twice, mut other) = (browser.clone(), self.client(&world));
        self.get(&mut other, &page);
        self.get(&mut other, "/register/confirm?token=damaged");
        self.post(&mut browser, "/register/confirm", &[("link", &name), ("new_password", "acme")]);
        let _ = browser.post("/register/confirm", &[("link", &name), ("new_password", OLD)]);
        self.post(&mut twice, "/register/confirm", &[("link", &name), ("new_password", OLD)]);
        for n in 0..70 {
            let _ = other.post("/register/send", &[("email", &format!("user{n}@acme.example"))]);
        }
        self.post(&mut other, "/register/send", &[("email", NEWCOMER)]);
    }

    fn moved(&mut self) {
        for lifetime in [10 * MINUTE, 2 * HOUR] {
            let world = World::for_pages(|builder| builder.configure(|config| config.email_change.lifetime = lifetime));
            let mut browser = self.signed_in(&world);
            self.post(&mut browser, "/security/email", &[("email", "ann@@acme.example")]);
            self.post(&mut browser, "/security/email", &[("email", ANN)]);
            self.post(&mut browser, "/security/email", &[("email", NEWCOMER)]);
            let link = format!("/email/confirm?token={}", world.mailed_token());
            let mut other = self.client(&world);
            let name = crate::email::opened(&mut other, &link);
            self.get(&mut other, "/email/confirm");
            assert_eq!(crate::email::opened(&mut browser, &link), name);
            self.get(&mut browser, "/email/confirm");
            self.post(&mut browser, "/security/email", &[("email", NEWCOMER)]);
            let mut twice = browser.clone();
            let _ = world.open("bob@acme.example", OLD);
            let mut bobs = other.clone();
            let _ = bobs.sign_in("bob@acme.example", OLD);
            self.post(&mut bobs, "/email/confirm", &[("link", &name)]);
            self.post(&mut browser, "/email/confirm", &[("link", &name)]);
            self.get(&mut other, "/email/confirm?token=damaged");
            self.post(&mut twice, "/email/confirm", &[("link", "x")]);
            let name = crate::email::opened(&mut other, &crate::email::undo_link(&world));
            self.get(&mut other, "/email/undo");
            let mut twice = other.clone();
            self.post(&mut other, "/email/undo", &[("link", &name)]);
            self.post(&mut twice, "/email/undo", &[("link", &name)]);
        }
    }

    fn left(&mut self) {
        for grace in [Duration::ZERO, 5 * HOUR, 14 * DAY] {
            let world = World::for_pages(|builder| builder.configure(|config| config.deletion.grace = grace));
            let mut browser = self.signed_in(&world);
            self.get(&mut browser, "/security/delete");
            self.post(&mut browser, "/security/delete", &[]);
            if grace.is_zero() {
                continue;
            }
            let link = crate::leaving::undo_link(&world);
            let mut other = self.client(&world);
            self.get(&mut other, "/leaving/undo");
            self.get(&mut other, "/leaving/undo?token=damaged");
            let name = crate::email::opened(&mut other, &link);
            self.get(&mut other, "/leaving/undo");
            let mut twice = other.clone();
            self.post(&mut other, "/leaving/undo", &[("link", &name)]);
            self.post(&mut twice, "/leaving/undo", &[("link", &name)]);
        }
    }

    /// Ann, signed in here and in two other browsers.
    fn signed_in(&self, world: &World) -> Client {
        let _ = world.open(ANN, OLD);
        let mut browser = self.client(world);
        for keep in ["0", "1"] {
            world.clock.advance(MINUTE);
            let mut other = browser.clone();
            let _ = other.post("/sign-in", &[("email", ANN), ("password", OLD), ("keep", keep)]);
        }
        world.clock.advance(MINUTE);
        let request = Request::post("/sign-in").header(header::CONTENT_TYPE, FORM).header(header::USER_AGENT, AGENT);
        let body = format!("email={ANN}&password={}", OLD.replace(' ', "+"));
        let named = block_on(ask(&browser.pages, request.body(body).unwrap()));
        assert_eq!(named.status, 303);
        world.clock.advance(MINUTE);
        let _ = browser.sign_in(ANN, OLD);
        browser
    }

    fn settings(&mut self) {
        let world = World::for_pages(|builder| builder);
        let mut browser = self.signed_in(&world);
        self.get(&mut browser, "/security");
        self.post(&mut browser, "/security/password", &[("current_password", "x"), ("new_password", NEW)]);
        self.post(&mut browser, "/security/password", &[("current_password", "x"), ("new_password", NEW)]);
        world.clock.advance(MINUTE);
        self.post(&mut browser, "/security/password", &[("current_password", OLD), ("new_password", "short")]);
        world.clock.advance(MINUTE);
        for (path, name) in [("/security/sessions/sign-out", "session"), ("/security/devices/sign-out", "device")] {
            let id = hidden(&browser.get("/security"), name);
            self.post(&mut browser, path, &[(name, &id)]);
            self.post(&mut browser, path, &[(name, "x")]);
        }
        self.post(&mut browser, "/security/sessions/sign-out-others", &[]);
        self.post(&mut browser, "/security/password", &[("current_password", OLD), ("new_password", NEW)]);
    }

    fn settings_with_an_app(&mut self) {
        let world = World::for_pages(|builder| builder);
        let mut browser = self.signed_in(&world);
        let begun = browser.post("/security/authenticator", &[]);
        let code = code_of(&world, &begun);
        let _ = self.see("POST /security/authenticator", begun);
        self.post(&mut browser, "/security/authenticator/confirm", &[("code", "x")]);
        self.post(&mut browser, "/security/authenticator/confirm", &[("code", &code)]);
        self.get(&mut browser, "/security");
        self.post(&mut browser, "/security/recovery-codes", &[]);
        self.post(&mut browser, "/security/authenticator/off", &[]);
        self.post(&mut browser, "/security/authenticator/off", &[]);
    }

    fn steps_up(&mut self) {
        let (world, _, app, _) = World::with_enrolled_ann_and(for_pages);
        let _ = world.open("bob@acme.example", OLD);
        let mut bobs = self.client(&world);
        let _ = bobs.sign_in("bob@acme.example", OLD);
        let mut anns = self.client(&world);
        let _ = anns.sign_in(ANN, OLD);
        let _ = anns.post("/second-step", &[("code", &app.next(&world))]);
        world.clock.advance(HOUR);
        self.get(&mut bobs, "/confirm");
        self.post(&mut bobs, "/confirm", &[("proof", "x")]);
        world.clock.advance(MINUTE);
        self.post(&mut bobs, "/confirm", &[("proof", OLD)]);
        self.get(&mut anns, "/confirm");
        self.post(&mut anns, "/confirm", &[("proof", "x")]);
        self.post(&mut anns, "/confirm", &[("proof", &app.wrong_code(&world))]);
    }

    fn ends_soon(&mut self) {
        let world =
            World::for_pages(|builder| builder.configure(|config| config.session.lifetimes = SessionLifetimes::AAL2));
        let _ = world.open(ANN, OLD);
        let mut browser = self.client(&world);
        let _ = browser.sign_in(ANN, OLD);
        self.get(&mut browser, "/security");
        for _ in 0..47 {
            world.clock.advance(30 * MINUTE);
            let _ = browser.get("/security");
        }
        world.clock.advance(26 * MINUTE);
        self.get(&mut browser, "/security");
    }

    fn client_with(&self, world: &World, change: impl FnOnce(PagesBuilder) -> PagesBuilder) -> Client {
        let tag = self.tag;
        let builder = Pages::builder(world.auth.clone()).language(move |_| Some(tag.to_owned()));
        Client::of(&change(builder.texts(tag, &self.texts)).build().unwrap())
    }

    fn welcomed(&mut self) {
        let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
        world.provision(NEWCOMER);
        let mailed = world.mailed_password();
        let mut browser =
            self.client_with(&world, |builder| hooks.on(builder, &world).onboarding_steps(["authenticator-title"]));
        self.post(&mut browser, "/sign-in", &[("email", NEWCOMER), ("password", &mailed)]);
        self.post(&mut browser, "/choose-password", &[("new_password", OLD)]);
    }

    fn activities(&mut self) {
        let world = world_with_boss(|builder| builder);
        let many = || Ok(vec!["authn_login_fail"; 3]);
        for journal in [many(), Ok(Vec::new()), Err(())] {
            world.clock.advance(MINUTE);
            let mut browser = self.client_with(&world, |builder| builder.activity(Told(journal)));
            let _ = browser.sign_in(BOSS, OLD);
            self.get(&mut browser, "/security");
        }
    }

    /// A boss signed in, with an account of Ann's that has everything, and what anything in its journal is called.
    fn desk(&mut self) {
        let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
        let ann = world.open(ANN, OLD);
        let _ = world.enroll(&ann);
        let id = ann.user_id().to_string();
        let events = Told(Ok(EVENTS.to_vec()));
        let mut browser = self.client_with(&world, |builder| hooks.on(builder.activity(events), &world));
        let _ = browser.sign_in(BOSS, OLD);
        self.get(&mut browser, "/accounts?deactivated");
        self.post(&mut browser, "/accounts/find", &[("email", NOBODY)]);
        let account = format!("/accounts/account?user={id}");
        self.get(&mut browser, &account);
        self.get(&mut browser, &format!("/accounts/deactivate?user={}", id_of(&world, BOSS)));
        self.post(&mut browser, "/accounts/deactivate", &[("user", &id_of(&world, BOSS))]);
        self.post(&mut browser, "/accounts/reset-second-factor", &[("user", &id)]);
        let reset = [("user", id.as_str()), ("reason", "came")];
        for action in [
            "start-reset",
            "require-change",
            "mark-compromised",
            "sign-out",
            "reset-second-factor",
            "deactivate",
            "reactivate",
        ] {
            self.get(&mut browser, &format!("/accounts/{action}?user={id}"));
            self.post(&mut browser, &format!("/accounts/{action}"), &reset);
            if action == "deactivate" {
                self.get(&mut browser, &account);
            }
        }
        self.get(&mut browser, &format!("/accounts/change-email?user={id}"));
        for address in ["ann@@acme.example", NEWCOMER, ANN] {
            self.post(&mut browser, "/accounts/change-email", &[("user", &id), ("email", address)]);
        }
        self.get(&mut browser, "/accounts/provision");
        block_on(world.operator.report_undeliverable(&email(ANN), doorward::account::UndeliverableReason::HardBounce))
            .unwrap();
        self.get(&mut browser, &account);
        let bob = world.open("bob@acme.example", OLD);
        let _ = block_on(world.auth.request_deletion(&bob)).unwrap();
        self.get(&mut browser, &format!("/accounts/account?user={}", bob.user_id()));
        for number in 0..51 {
            block_on(world.operator.provision(email(&format!("user{number}@acme.example")))).unwrap();
        }
        self.get(&mut browser, "/accounts");
    }

    fn provisioned(&mut self) {
        let (world, hooks) = (world_with_boss(|builder| builder), Hooks::new());
        let mut browser = self.client_with(&world, |builder| hooks.on(builder, &world));
        let _ = browser.sign_in(BOSS, OLD);
        self.post(&mut browser, "/accounts/provision", &[("email", NEWCOMER)]);
        self.post(&mut browser, "/accounts/provision", &[("email", NEWCOMER)]);
        let id = id_of(&world, NEWCOMER);
        self.get(&mut browser, &format!("/accounts/resend?user={id}"));
        self.post(&mut browser, "/accounts/resend", &[("user", &id)]);
    }

    fn failures(&mut self) {
        let world = World::for_pages(|builder| builder);
        let mut browser = self.client(&world);
        self.get(&mut browser, "/nowhere");
        let shown = browser.send(Method::PUT, "/sign-in", "");
        let _ = self.see("PUT", shown);
        let shown = browser.send(Method::POST, "/sign-in", &"x".repeat(9_000));
        let _ = self.see("too long", shown);
        let sent = |kind: &str, site: &str, body: &str| {
            let request = Request::post("/sign-in").header(header::CONTENT_TYPE, kind).header("sec-fetch-site", site);
            let request = request.header(header::ACCEPT, "text/html");
            block_on(ask(&browser.pages, request.body(body.to_owned()).unwrap()))
        };
        let requests = [(FORM, "cross-site", ""), ("text/plain", "none", ""), ("application/json", "none", "{")];
        let answers = requests.map(|(kind, site, body)| sent(kind, site, body));
        for (shown, (kind, site, _)) in answers.into_iter().zip(requests) {
            let _ = self.see(&format!("POST {kind} {site}"), shown);
        }
        let _ = world.open(ANN, OLD);
        block_on(world.auth.close());
        self.post(&mut browser, "/sign-in", &[("email", ANN), ("password", OLD)]);
        self.post(&mut browser, "/forgot/send", &[("email", ANN)]);
        let statuses: BTreeSet<_> = self.seen.iter().map(|(_, shown)| shown.status.as_u16()).collect();
        for status in [200, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503] {
            assert!(statuses.contains(&status), "{status} was not seen");
        }
    }
}

/// The code that an app shows after it was set up by the key of the page.
fn code_of(world: &World, begun: &Shown) -> String {
    let (_, key) = begun.text.split_once(r#"id="key">"#).unwrap_or_else(|| panic!("no key in {}", begun.text));
    let key = key.split('<').next().unwrap().replace(' ', "");
    let app = totp_rs::Totp::from_url(format!("otpauth://totp/Acme:ann?secret={key}&issuer=Acme")).unwrap();
    app.generate(u64::try_from(world.now().unix_timestamp()).unwrap()).to_string()
}

/// The first hidden value of that name.
fn hidden(shown: &Shown, name: &str) -> String {
    let (_, rest) = shown.text.split_once(&format!(r#"name="{name}" value=""#)).expect("a hidden field");
    rest.split('"').next().unwrap().to_owned()
}

/// Every event that has words.
const EVENTS: [&str; 39] = [
    "user_created",
    "user_created:imported",
    "user_created:registered",
    "authn_token_created:welcome",
    "user_updated:email",
    "user_updated:email_requested",
    "user_updated:email_changed",
    "user_updated:email_undone",
    "user_updated:email_by_operator",
    "authn_login_success",
    "authn_login_successafterfail",
    "authn_login_fail",
    "authn_second_factor_fail",
    "authn_second_factor_fail_max",
    "user_updated:second_factor_enabled",
    "user_updated:second_factor_disabled",
    "user_updated:second_factor_reset",
    "authn_token_created:recovery_codes",
    "authn_reauthenticated",
    "authn_reauthenticated_fail",
    "authn_password_change",
    "authn_password_change_fail",
    "authn_token_created:reset",
    "authn_token_created:temporary_password",
    "authn_password_change:reset",
    "authn_token_revoked:reset",
    "authn_token_created:device",
    "authn_token_revoked:device",
    "session_expired:logout",
    "session_expired:revoked",
    "session_logout:everywhere",
    "sensitive_read:export",
    "user_deletion_requested",
    "user_updated:deletion_undone",
    "user_archived",
    "user_updated:reactivated",
    "user_updated:password_change_forced",
    "authn_token_revoked:password",
    "excess_rate_limit_exceeded",
];
