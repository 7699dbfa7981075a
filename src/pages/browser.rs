//! The browser behind a request: its cookies. The server keeps nothing for it but sessions.

use askama::Template;
use core::time::Duration;
use http::request::Parts;
use http::{StatusCode, header};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::agent;
use super::answer::{Answer, Sorry, content, html, problem, problem_document, redirect, retry_after, status};
use super::cookies::{Cookies, DEVICE_TOKEN};
use super::fields::Fields;
use super::moment::Moment;
use super::new_page::new_page;
use super::notice::Notice;
use super::page::Page;
use super::page_model::PageModel;
use super::reader::{Format, Reader, bearer};
use super::state::Pages;
use super::visit::Visit;
use crate::auth::{Auth, ResetRequest, SignInRequest, SignedIn};
use crate::email_change::EmailChangeRequest;
use crate::error::{AuthError, ErrorResponse, ResumeError};
use crate::registration::RegistrationRequest;
use crate::types::{ClientAddress, DeviceToken, UserId};

/// How many people may share a browser: `Auth` reads no more tokens.
const DEVICES: usize = 5;
/// Never occurs in a token, and is allowed in a cookie.
pub(super) const BETWEEN: char = '~';
/// How long a notice waits for the page that shows it.
const NOTICE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(super) struct Browser {
    pub(super) pages: Pages,
    pub(super) visit: Visit,
    pub(super) cookies: Cookies,
    pub(super) reader: Reader,
    /// What a program is told about the step just taken.
    told: Map<String, Value>,
    agent: String,
    address: Option<ClientAddress>,
}

impl Browser {
    /// `sent` is what the request carries in its body. A program that sends a bearer token, or wants `tokens`, is an app. Whoever
    /// reads HTML is a browser: a proxy that signs in its own users adds a bearer token of its own to their requests.
    pub(super) fn of(pages: &Pages, request: &Parts, reader: Reader, sent: &Fields) -> Self {
        let bearer = bearer(request).or(sent.has("tokens").then_some(""));
        let cookies = match bearer.filter(|_| reader.format == Format::Json) {
            Some(bearer) => Cookies::of_app(bearer, sent.get(DEVICE_TOKEN)),
            None => Cookies::of(&request.headers),
        };
        let visit = pages.shared.keyring.open_cookie("steps", cookies.get("steps"));
        let visit = visit.and_then(|visit| serde_json::from_slice(&visit).ok()).unwrap_or_default();
        let agent = request.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            pages: pages.clone(),
            visit,
            cookies,
            reader,
            told: Map::new(),
            agent: agent::label(agent.unwrap_or_default()),
            address: pages.client_address(request),
        }
    }

    pub(super) fn auth(&self) -> &Auth {
        &self.pages.shared.auth
    }
}

// Pages.
impl Browser {
    /// A page that shows the notice, if there is one. A program leaves it to the next page.
    pub(super) fn page(&mut self, title: &str) -> Page {
        if self.reader.format == Format::Json {
            return self.plain_page(title);
        }
        let notice = Notice::parse(self.cookies.get("notice"));
        if notice.is_some() {
            self.cookies.remove("notice");
        }
        let words = notice.map(|notice| self.words(notice));
        self.plain_page(title).saying(words)
    }

    /// What a notice says.
    fn words(&self, notice: Notice) -> String {
        let texts = &self.reader.texts;
        if notice != Notice::EmailRequested {
            return texts.get(notice.text());
        }
        // Rounded down: whoever opens the link within that time is not too late.
        let minutes = self.auth().config().email_change.lifetime.as_secs() / 60;
        match minutes % 60 {
            0 if minutes > 0 => texts.count("notice-email-requested-hours", minutes / 60),
            _ => texts.count(notice.text(), minutes.max(1)),
        }
    }

    /// A page after a form that was refused.
    pub(super) fn plain_page(&self, title: &str) -> Page {
        new_page(&self.pages, &self.reader, title)
    }

    /// For input that no call of `Auth` judges. Its text is in the catalogue, by the code.
    pub(super) fn invalid(&self, http_status: u16, code: &'static str) -> ErrorResponse {
        self.refusal(http_status, code, self.reader.texts.get(&format!("error-{code}")))
    }

    /// With the words of somebody else.
    pub(super) fn refusal(&self, http_status: u16, code: &'static str, message: String) -> ErrorResponse {
        let support = self.auth().site().support().clone();
        ErrorResponse { code, http_status, retry_after: None, message, violations: Vec::new(), support }
    }

    pub(super) fn moment(&self, at: OffsetDateTime) -> Moment {
        Moment::new(at, &self.reader.texts)
    }

    pub(super) fn show(self, model: &(impl PageModel + Template)) -> Answer {
        match self.reader.format {
            Format::Html => self.with_cookies(html(&self.pages, StatusCode::OK, model)),
            Format::Json => self.tell(serde_json::to_value(model)),
        }
    }

    /// The page again, with what is wrong; for programs a problem document. `field` is that at fault, if one is.
    pub(super) fn refuse(self, refusal: &ErrorResponse, field: &str, model: &(impl PageModel + Template)) -> Answer {
        let mut answer = match self.reader.format {
            Format::Html => self.with_cookies(html(&self.pages, status(refusal), model)),
            Format::Json => {
                let mut members = problem(&self.reader, refusal, field);
                // The page may have words of its own, where those that go by the code would be about something else.
                if let Some(said) = model.page().problems.first() {
                    members.insert("detail".to_owned(), said.text.clone().into());
                }
                self.with_cookies(problem_document(status(refusal), members))
            }
        };
        retry_after(answer.headers_mut(), refusal);
        answer
    }

    /// To a path below the base path.
    pub(super) fn go(self, below: &str) -> Answer {
        let path = self.pages.path(below);
        self.redirect(&path)
    }

    /// To a whole path.
    pub(super) fn redirect(self, path: &str) -> Answer {
        match self.reader.format {
            Format::Html => self.with_cookies(redirect(path)),
            Format::Json => self.tell(Ok(serde_json::json!({ "next": path }))),
        }
    }

    /// An object for a program, with an app's tokens.
    fn tell(self, object: serde_json::Result<Value>) -> Answer {
        let mut members = match object {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        members.extend(self.cookies.tokens());
        members.extend(self.told.clone());
        self.with_cookies(content(StatusCode::OK, "application/json", Value::Object(members).to_string()))
    }

    fn with_cookies(&self, mut answer: Answer) -> Answer {
        self.cookies.write(answer.headers_mut());
        answer
    }

    pub(super) fn saying(mut self, notice: Notice) -> Self {
        match self.reader.format {
            Format::Html => self.cookies.set("notice", notice.number(), Some(NOTICE)),
            Format::Json => self.tell_of("notice", notice.code()),
        }
        self
    }

    /// Adds a member to what a program is told.
    fn tell_of(&mut self, name: &str, value: impl Into<Value>) {
        self.told.insert(name.to_owned(), value.into());
    }

    /// The step of a sign-in that comes next, for programs, by a stable name.
    pub(super) fn stepping(mut self, step: &str) -> Self {
        self.tell_of("step", step);
        self
    }

    /// Maps an error that does not belong next to a form field. After a step-up, the user continues at `below`.
    pub(super) fn sorry(self, failure: &dyn AuthError, below: &str) -> Sorry {
        match failure.code() {
            "session_ended" | "challenge_invalid" => self.ended(),
            "password_proof_needed" | "code_proof_needed" => {
                Sorry::Confirm(self.pages.path(below), Box::new(self.auth().error_response(failure)))
            }
            _ => Sorry::Refused(Box::new(self.auth().error_response(failure))),
        }
    }

    /// Nobody is signed in here. Only a browser that had a session is told that it ended.
    pub(super) fn nobody(self) -> Sorry {
        match self.cookies.get("session") {
            "" => Sorry::SignIn(self.visit.then.unwrap_or_default()),
            _ => self.ended(),
        }
    }

    /// A session or a pending sign-in has ended: says so. The cookie stays, as a parallel request may just have replaced it, and
    /// a dead one does no harm.
    fn ended(self) -> Sorry {
        let path = self.pages.sign_in_path(self.visit.then.as_deref().unwrap_or_default());
        Sorry::Ended(path, Box::new(self.saying(Notice::SessionEnded).cookies))
    }
}

// The session, and the steps that lead to one.
impl Browser {
    /// Who is signed in here, if anyone.
    pub(super) async fn who(&self) -> Result<SignedIn, ResumeError> {
        let token = self.cookies.get("session");
        match &self.address {
            Some(address) => self.auth().resume_from(token, address).await,
            None => self.auth().resume(token).await,
        }
    }

    /// Continues as a signed-in user, or with a newer proof: either way the token is new.
    pub(super) fn enter(mut self, signed_in: &SignedIn) -> Self {
        self = match signed_in.device_token() {
            Some(token) => self.remember(token, signed_in.user_id()),
            None => self.remember_longer(),
        };
        self.visit = Visit::default();
        self.cookies.remove("steps");
        // What became of an account that was deleted here before is no news of this one.
        if !self.cookies.get("deleted").is_empty() {
            self.cookies.remove("deleted");
        }
        self.tell_of("expires_in", signed_in.expires_in().as_secs());
        // Without a lifetime it ends with the browser; what counts is when `Auth` ends the session.
        self.cookies.set("session", signed_in.token().expose(), signed_in.max_age());
        self
    }

    /// Ends the session. Returns whether there was one. The device cookie stays: it gives its owner a separate throttle bucket
    /// and, if they chose so, skips the code. Alone it signs nobody in.
    pub(super) async fn leave(self) -> Result<(Self, bool), Sorry> {
        let signed_in = match self.who().await {
            Ok(signed_in) => signed_in,
            // The cookie stays, as in `ended`.
            Err(ResumeError::SessionEnded) => return Ok((self, false)),
            Err(error) => return Err(self.sorry(&error, "")),
        };
        if let Err(error) = self.auth().sign_out(&signed_in).await {
            return Err(self.sorry(&error, ""));
        }
        Ok((self.forget(), true))
    }

    /// Drops the cookies of a session that was there, if it has ended.
    pub(super) async fn forget_ended(self) -> Self {
        match self.who().await {
            Err(ResumeError::SessionEnded) => self.forget(),
            _ => self,
        }
    }

    /// Drops the cookies of a session that has ended.
    pub(super) fn forget(mut self) -> Self {
        self.cookies.remove("session");
        self.cookies.remove("steps");
        if !self.cookies.get("welcome").is_empty() {
            self.cookies.remove("welcome");
        }
        Self { visit: Visit::default(), ..self }
    }

    /// Remembers how far a sign-in has come.
    pub(super) fn at(mut self, visit: Visit) -> Result<Self, Sorry> {
        let text = serde_json::to_vec(&visit).map_err(|_| Sorry::Internal)?;
        let text = self.pages.shared.keyring.seal_cookie("steps", &text).map_err(|_| Sorry::Internal)?;
        // No longer than the step itself is valid: some browsers keep cookies without a lifetime.
        let lifetime = self.auth().config().challenge.lifetime;
        self.cookies.set("steps", text, Some(lifetime));
        self.tell_of("expires_in", lifetime.as_secs());
        Ok(Self { visit, ..self })
    }
}

// Devices.
impl Browser {
    fn devices(&self) -> impl Iterator<Item = &str> {
        self.cookies.get("device").split(BETWEEN).filter(|token| !token.is_empty())
    }

    /// Adds the browser's name, device tokens and client address to the request.
    pub(super) fn vouch(&self, request: SignInRequest) -> SignInRequest {
        let request = self.devices().fold(request.label(&self.agent), SignInRequest::device);
        match &self.address {
            Some(address) => request.client_address(address.clone()),
            None => request,
        }
    }

    /// The same for a reset request.
    pub(super) fn vouch_for_reset(&self, request: ResetRequest) -> ResetRequest {
        let request = self.devices().fold(request, ResetRequest::device);
        match &self.address {
            Some(address) => request.client_address(address.clone()),
            None => request,
        }
    }

    /// The client address alone: whoever registers has no device yet.
    pub(super) fn vouch_for_registration(&self, request: RegistrationRequest) -> RegistrationRequest {
        match &self.address {
            Some(address) => request.client_address(address.clone()),
            None => request,
        }
    }

    /// The client address alone: the session says who it is.
    pub(super) fn vouch_for_email_change(&self, request: EmailChangeRequest) -> EmailChangeRequest {
        match &self.address {
            Some(address) => request.client_address(address.clone()),
            None => request,
        }
    }

    /// Remembers the browser as this user's device: several people may share a browser, and each stays known. The user's
    /// previous token is dropped: whatever grants a new one has revoked that device, or could not use it.
    fn remember(self, token: &DeviceToken, user: &UserId) -> Self {
        let pages = self.pages.clone();
        self.remember_beside(token, |other| !pages.shared.auth.is_device_of(other, user))
    }

    /// Like [`remember`](Self::remember), but keeps the user's previous token: a confirmed link revokes nothing yet.
    pub(super) fn remember_too(self, token: &DeviceToken) -> Self {
        self.remember_beside(token, |_| true)
    }

    fn remember_beside(mut self, token: &DeviceToken, stays: impl Fn(&str) -> bool) -> Self {
        let token = token.expose();
        let others = self.devices().filter(|other| *other != token && stays(other)).take(DEVICES - 1);
        let all: Vec<_> = core::iter::once(&*token).chain(others).collect();
        let value = all.join(&BETWEEN.to_string());
        self.set_devices(value);
        self
    }

    /// Renews the cookie, so that it does not expire while in use: a two-step sign-in renews the device and returns no token.
    fn remember_longer(mut self) -> Self {
        let value = self.cookies.get("device").to_owned();
        if !value.is_empty() {
            self.set_devices(value);
        }
        self
    }

    fn set_devices(&mut self, value: String) {
        let lifetime = self.auth().config().device.lifetime;
        self.cookies.set("device", value, Some(lifetime));
    }
}
