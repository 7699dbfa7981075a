//! Who is an operator.

use http::Response;
use http::request::Parts;

use super::answer::Sorry;
use super::body::PageBody;
use super::browser::Browser;
use super::fields::Fields;
use super::reader::Reader;
use super::routes::Route;
use super::state::Pages;
use crate::auth::SignedIn;
use crate::error::{ResumeError, Unavailable};

impl Pages {
    /// The path of the accounts, for a link that operators see. It is [one of the pages](Self::has) only with
    /// [`operators`](super::PagesBuilder::operators).
    pub fn accounts_path(&self) -> String {
        self.path(Route::Accounts.path())
    }

    /// Whether this user is an operator, by the hook of [`operators`](super::PagesBuilder::operators); without it nobody is. To everyone
    /// else show [`not_found`](Self::not_found). For sensitive actions also ask for a [step-up](crate::Auth::require_step_up).
    ///
    /// # Errors
    /// [`Unavailable`] if the hook failed: nothing is known, so return [`error_page`](Self::error_page).
    ///
    /// ```
    /// use doorward::SignedIn;
    /// use doorward::pages::{PageBody, Pages};
    /// use http::Response;
    /// use http::request::Parts;
    ///
    /// /// `None` for an operator, else the response.
    /// async fn refusal(pages: &Pages, request: &Parts, who: &SignedIn) -> Option<Response<PageBody>> {
    ///     match pages.is_operator(who).await {
    ///         Ok(true) => None,
    ///         Ok(false) => Some(pages.not_found(request)),
    ///         Err(error) => Some(pages.error_page(request, &error)),
    ///     }
    /// }
    /// ```
    pub async fn is_operator(&self, who: &SignedIn) -> Result<bool, Unavailable> {
        let Some(operators) = &self.shared.hooks.operators else { return Ok(false) };
        let asked = (operators.is_operator)(who.clone()).await;
        asked.map_err(|error| self.auth().page_failed("is_operator", error))
    }

    /// The page for a path that does not exist, and for whoever is not to know that it does.
    pub fn not_found(&self, request: &Parts) -> Response<PageBody> {
        self.fail(request, Sorry::NotFound)
    }

    /// The operator who asks for a page below `/accounts`. **For any other user there is no such page**, whatever else is wrong
    /// with the request. Whoever is not signed in is asked to sign in, as for any page of a member.
    pub(super) async fn operator(&self, request: &Parts, reader: &Reader) -> Result<SignedIn, Sorry> {
        let mut browser = Browser::of(self, request, reader.clone(), &Fields::default());
        match browser.who().await {
            Ok(who) => match self.is_operator(&who).await {
                Ok(true) => Ok(who),
                Ok(false) => Err(Sorry::NotFound),
                Err(error) => Err(browser.sorry(&error, "")),
            },
            Err(ResumeError::SessionEnded) => {
                browser.visit.then = Some(self.accounts_path());
                Err(browser.nobody())
            }
            Err(error) => Err(browser.sorry(&error, "")),
        }
    }
}
