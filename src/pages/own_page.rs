use askama::Template;
use http::Response;
use http::request::Parts;
use serde::Serialize;

use super::body::PageBody;
use super::browser::Browser;
use super::dispatch::finish;
use super::fields::Fields;
use super::page::Page;
use super::page_model::models;
use super::reader::{Format, Reader};
use super::state::Pages;
use crate::auth::SignedIn;

/// A page of the host's.
#[derive(Serialize, Template)]
#[template(path = "own_page.html")]
pub struct OwnPage {
    #[serde(skip)]
    page: Page,
    content: String,
}

models!(OwnPage);

impl Pages {
    /// A page of your own that looks like the others: with their frame, their security headers, and a link to "My password and
    /// security" for whoever is signed in. It shows the message about the step just taken, too.
    ///
    /// **`content` is HTML**: what comes from users is to be escaped, best by a template engine. The policy of the pages allows nothing
    /// inline in it, neither scripts nor styles.
    ///
    /// ```
    /// use doorward::SignedIn;
    /// use doorward::pages::{PageBody, Pages};
    /// use http::{Response, request::Parts};
    ///
    /// fn home(pages: &Pages, request: &Parts, who: &SignedIn) -> Response<PageBody> {
    ///     pages.page(request, Some(who), "Home", "<p>Welcome to <em>Acme</em>.</p>")
    /// }
    /// ```
    ///
    /// In axum the request is an extractor, `Pages` belong to the state, and the response is one of axum's:
    /// `async fn home(State(pages): State<Pages>, who: Member, request: Parts) -> Response<PageBody>`, with `who.signed_in()`.
    pub fn page(&self, request: &Parts, who: Option<&SignedIn>, title: &str, content: &str) -> Response<PageBody> {
        let reader = Reader { format: Format::Html, ..Reader::of(&self.shared.choice, request) };
        let mut browser = Browser::of(self, request, reader.clone(), &Fields::default());
        let mut page = browser.page("");
        if let Some(who) = who {
            page = page.of(who);
        }
        let page = Page { title: title.to_owned(), ..page };
        let answer = browser.show(&OwnPage { page, content: content.to_owned() });
        finish(self, request, &reader, Ok(answer)).map(PageBody::new)
    }
}
