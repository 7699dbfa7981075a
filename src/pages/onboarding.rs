//! Where a sign-in leads: the host's own steps first.

use serde::Serialize;

use super::browser::Browser;
use super::routes::Route;
use super::state::{Pages, local_path};
use crate::auth::SignedIn;
use crate::error::Unavailable;
use crate::types::{BackendError, BackendErrorKind};

impl Pages {
    /// The path to which a step of the [onboarding](super::PagesBuilder::onboarding) redirects when it is done. It leads on to the next
    /// one, or to where the sign-in was to lead.
    pub fn welcome_path(&self) -> String {
        self.path(Route::Welcome.path())
    }

    /// The host's next open step for this user.
    pub(super) async fn next_step(&self, who: &SignedIn) -> Result<Option<String>, Unavailable> {
        let Some(ask) = &self.shared.hooks.onboarding else { return Ok(None) };
        match ask(who.clone()).await {
            Ok(Some(path)) if self.is_a_way(&path) => Ok(Some(path)),
            Ok(None) => Ok(None),
            // Neither followed nor skipped.
            Ok(Some(_)) => Err(self.auth().page_failed("onboarding", BackendError::new(BackendErrorKind::Refused))),
            Err(error) => Err(self.auth().page_failed("onboarding", error)),
        }
    }

    /// Where a sign-in leads after the steps.
    pub(super) fn destination(&self, then: Option<String>, who: &SignedIn) -> String {
        let chosen = || self.shared.hooks.after_sign_in.as_ref().and_then(|lead| lead(who));
        let ways = then.filter(|path| self.is_a_way(path)).or_else(chosen);
        ways.filter(|path| self.is_a_way(path)).unwrap_or_else(|| self.shared.home.clone())
    }

    /// A path of this site, and not the welcome page, which would lead to itself.
    fn is_a_way(&self, path: &str) -> bool {
        let is_welcome = path.split(['?', '#']).next() == Some(&*self.welcome_path());
        local_path(path).is_some() && !(is_welcome && self.shared.hooks.onboarding.is_some())
    }
}

/// The steps of a newcomer, in order.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownSteps {
    /// "Step 1 of 3"
    pub label: String,
    /// The number of this step, from 1.
    pub current: usize,
    /// The names of all.
    pub names: Vec<String>,
}

/// What a newcomer sees before the first session: `current` is 1 for the password, and 2 for the authenticator app.
pub(super) fn steps(browser: &Browser, current: usize) -> Option<ShownSteps> {
    let own = &browser.pages.shared.hooks.steps;
    if !browser.visit.newcomer || own.is_empty() {
        return None;
    }
    let texts = &browser.reader.texts;
    let app = browser.auth().config().second_factor.is_required().then(|| "authenticator-title".to_owned());
    let names = ["welcome-your-password".to_owned()].into_iter().chain(app).chain(own.iter().cloned());
    let names: Vec<_> = names.map(|name| texts.get(&name)).collect();
    let label = texts.two("welcome-step", ("current", current), ("count", names.len()));
    Some(ShownSteps { label, current, names })
}
