use super::answer::Sorry;
use super::browser::Browser;
use super::page::Page;
use crate::auth::SignedIn;
use crate::error::ResumeError;

/// A signed-in user, and the browser.
pub(super) struct Member {
    pub(super) browser: Browser,
    pub(super) signed_in: SignedIn,
}

impl Member {
    /// Whoever is signed in; for anyone else the way to the sign-in page, which leads back to `below`.
    pub(super) async fn of(mut browser: Browser, below: &str) -> Result<Self, Sorry> {
        match browser.who().await {
            Ok(signed_in) => Ok(Self { browser, signed_in }),
            Err(error) => {
                browser.visit.then = Some(browser.pages.path(below));
                Err(if matches!(error, ResumeError::SessionEnded) {
                    browser.nobody()
                } else {
                    browser.sorry(&error, "")
                })
            }
        }
    }

    pub(super) fn page(&mut self, title: &str) -> Page {
        self.browser.page(title).of(&self.signed_in)
    }
}
