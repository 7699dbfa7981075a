//! The end of a sign-in, and what newcomers go through then.

use core::time::Duration;

use askama::Template;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Sorry};
use super::browser::Browser;
use super::call::Call;
use super::member::Member;
use super::page::Page;
use super::page_model::models;
use crate::auth::SignedIn;

/// `/welcome`, once: the newcomer has done every step.
#[derive(Debug, Serialize, Template)]
#[template(path = "all_set.html")]
#[non_exhaustive]
pub struct AllSetPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The path to go on to.
    pub next: String,
}

models!(AllSetPage);

/// Between the host's steps, sealed in a cookie. For the way back and for display: no right depends on it.
#[derive(Default, Deserialize, Serialize)]
struct Welcome {
    then: Option<String>,
    newcomer: bool,
}

/// How long a step may take before the way back is forgotten.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

impl Welcome {
    fn of(browser: &Browser) -> Self {
        let text = browser.pages.shared.keyring.open_cookie("welcome", browser.cookies.get("welcome"));
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    fn hold(&self, browser: &mut Browser) {
        let text = serde_json::to_vec(self).ok();
        let sealed = text.and_then(|text| browser.pages.shared.keyring.seal_cookie("welcome", &text).ok());
        // Without it the session stands, and the way leads home.
        if let Some(sealed) = sealed {
            browser.cookies.set("welcome", sealed, Some(LIFETIME));
        }
    }

    fn forget(browser: &mut Browser) {
        if !browser.cookies.get("welcome").is_empty() {
            browser.cookies.remove("welcome");
        }
    }
}

/// Completes a sign-in, and asks the host where it leads. The session stands whatever the host says: if its hook fails, the welcome
/// page asks again.
pub(super) async fn enter(browser: Browser, signed_in: &SignedIn) -> (Browser, String) {
    let step = browser.pages.next_step(signed_in).await;
    let (welcome, mut browser) = begin(browser, signed_in);
    match step {
        Ok(None) if !welcome.newcomer => {
            Welcome::forget(&mut browser);
            let next = browser.pages.destination(welcome.then, signed_in);
            (browser, next)
        }
        Ok(Some(next)) => {
            welcome.hold(&mut browser);
            (browser, next)
        }
        Ok(None) | Err(_) => {
            welcome.hold(&mut browser);
            let next = browser.pages.welcome_path();
            (browser, next)
        }
    }
}

/// The same where the answer must not wait for the host: it holds recovery codes, which exist nowhere else.
pub(super) fn enter_at_once(browser: Browser, signed_in: &SignedIn) -> (Browser, String) {
    let (welcome, mut browser) = begin(browser, signed_in);
    let next = match browser.pages.shared.hooks.onboarding {
        Some(_) => {
            welcome.hold(&mut browser);
            browser.pages.welcome_path()
        }
        None => browser.pages.destination(welcome.then, signed_in),
    };
    (browser, next)
}

fn begin(browser: Browser, signed_in: &SignedIn) -> (Welcome, Browser) {
    let welcome = Welcome { then: browser.visit.then.clone(), newcomer: browser.visit.newcomer };
    (welcome, browser.enter(signed_in))
}

/// To the next open step; after the last one on to where the sign-in was to lead. It changes nothing in the account.
pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let mut member = Member::of(call.browser, "/welcome").await?;
    let step = match member.browser.pages.next_step(&member.signed_in).await {
        Ok(step) => step,
        Err(error) => return Err(member.browser.sorry(&error, "")),
    };
    if let Some(step) = step {
        return Ok(member.browser.redirect(&step));
    }
    let welcome = Welcome::of(&member.browser);
    Welcome::forget(&mut member.browser);
    let next = member.browser.pages.destination(welcome.then, &member.signed_in);
    if !welcome.newcomer {
        return Ok(member.browser.redirect(&next));
    }
    let page = member.page("all-set-title");
    Ok(member.browser.show(&AllSetPage { page, next }))
}
