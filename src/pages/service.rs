use core::convert::Infallible;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::error::Error;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::answer::Sorry;
use super::body::{PageBody, read};
use super::browser::Browser;
use super::dispatch::{admit, answer, finish};
use super::fields::Fields;
use super::reader::Reader;
use super::routes::Verb;
use super::state::Pages;
use crate::auth::SignedIn;
use crate::error::{AuthError, ResumeError};

/// The pages as a service, to mount in any framework that speaks `http` and `tower_service`. It never fails, is always ready, and is
/// cheap to clone.
///
/// It answers every path: for those that [are none of its pages](Pages::has), a page that says so. So it serves as the fallback of
/// a router. In axum: `Router::new().route("/", get(home)).fallback_service(pages.service())`. Routers that strip a prefix, as
/// `nest_service` does, hide the paths from it.
///
/// **It protects its own pages only.** Before a form of yours changes something, ask [`is_cross_site`](Pages::is_cross_site), or use
/// the layer of the module `axum`.
#[derive(Clone, Debug)]
pub struct PagesService {
    pages: Pages,
}

impl Pages {
    /// The service that answers requests.
    pub fn service(&self) -> PagesService {
        PagesService { pages: self.clone() }
    }

    /// Answers one request, for frameworks without `tower_service`. Of the body at most 8 KiB are read.
    ///
    /// ```
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::pages::Pages;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Keyring, Site};
    /// # pollster::block_on(async {
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
    /// #     .background(|work| drop(std::thread::spawn(|| pollster::block_on(work))))
    /// #     .keyring(Keyring::new("2026-11", [7; 32])?)
    /// #     .build()?;
    /// # let pages = Pages::builder(auth).build()?;
    /// let request = http::Request::get("/sign-in").body(String::new())?;
    /// let response = pages.respond(request).await;
    /// assert_eq!((response.status().as_u16(), &response.headers()["cache-control"]), (200, &"no-store".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn respond<B>(&self, request: Request<B>) -> Response<PageBody>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        let reader = Reader::of(&self.shared.choice, &parts);
        let answered = async {
            let admitted = admit(self, &parts, &reader).await?;
            let body = match admitted.verb {
                Verb::Get => Bytes::new(),
                Verb::Post => read(body).await?,
            };
            answer(self, &parts, reader.clone(), admitted, &body).await
        };
        finish(self, &parts, &reader, answered.await).map(PageBody::new)
    }

    /// Who is signed in, by the session cookie of a request, or by its bearer token. It takes one look-up; the use may be recorded
    /// after the response. Of the request it reads the headers, and what [`client_address`](super::PagesBuilder::client_address) reads:
    /// a framework without these `Parts` makes some from its headers, by `http::Request::builder()`.
    ///
    /// # Errors
    /// [`ResumeError`]: after `SessionEnded` redirect to [`sign_in_path`](Self::sign_in_path); after `Unavailable` return 503.
    pub async fn resume(&self, request: &Parts) -> Result<SignedIn, ResumeError> {
        Browser::of(self, request, Reader::of(&self.shared.choice, request), &Fields::default()).who().await
    }

    /// The answer to a request that [another site made the browser send](Self::is_cross_site) (CSRF), with the status 403: before a form of
    /// your own changes something. `None` if the request may go on.
    ///
    /// ```
    /// use doorward::pages::{PageBody, Pages};
    /// use http::{Request, Response};
    ///
    /// fn save_note(pages: &Pages, request: Request<String>) -> Response<PageBody> {
    ///     let (request, note) = request.into_parts();
    ///     if let Some(refusal) = pages.refuse_cross_site(&request) {
    ///         return refusal;
    ///     }
    ///     drop(note); // save it
    ///     pages.page(&request, None, "Notes", "<p>Saved.</p>")
    /// }
    /// ```
    pub fn refuse_cross_site(&self, request: &Parts) -> Option<Response<PageBody>> {
        self.is_cross_site(&request.method, &request.headers).then(|| self.fail(request, Sorry::Foreign))
    }

    /// Shows the message of an error, with its status and its wait: for routes of your own that call `Auth`. Whoever does not accept
    /// HTML gets a problem document (RFC 9457), as from the functions below.
    pub fn error_page(&self, request: &Parts, error: &dyn AuthError) -> Response<PageBody> {
        self.fail(request, Sorry::Refused(Box::new(self.shared.auth.error_response(error))))
    }

    /// Redirects to the page that [asks for a fresh proof](Self::confirm_path) and then leads to `then`, after an error of
    /// [`require_step_up`](crate::Auth::require_step_up). The problem document says which proof is needed.
    pub fn redirect_to_confirm(&self, request: &Parts, error: &dyn AuthError, then: &str) -> Response<PageBody> {
        self.fail(request, Sorry::Confirm(then.to_owned(), Box::new(self.shared.auth.error_response(error))))
    }

    /// Redirects to the [sign-in page](Self::sign_in_path) and back to `then`, for a route of your own that nobody is signed in for.
    /// If the request came with a session cookie, the page says that the session has ended. The problem document has the status 401.
    pub fn redirect_to_sign_in(&self, request: &Parts, then: &str) -> Response<PageBody> {
        let mut browser =
            Browser::of(self, request, Reader::at_a_host(&self.shared.choice, request), &Fields::default());
        browser.visit.then = Some(then.to_owned());
        self.fail(request, browser.nobody())
    }

    pub(super) fn fail(&self, request: &Parts, sorry: Sorry) -> Response<PageBody> {
        finish(self, request, &Reader::at_a_host(&self.shared.choice, request), Err(sorry)).map(PageBody::new)
    }
}

impl<B> Service<Request<B>> for PagesService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<PageBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<PageBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let pages = self.pages.clone();
        Box::pin(async move { Ok(pages.respond(request).await) })
    }
}
