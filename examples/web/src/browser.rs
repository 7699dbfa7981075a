//! Whoever is at the other end: cookies, and what is kept of the browser on the server.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use askama::Template;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64ct::{Base64UrlUnpadded, Encoding};
use doorward::error::ErrorResponse;
use doorward::{
    AuthError, Challenge, ClientAddress, Clock, DeviceToken, ResetRequest, Session, SignInRequest, SignedIn, UserId,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::agent;
use crate::app::App;
use crate::notice::Notice;
use crate::page::{Page, html};
use crate::random;
use crate::sorry::{Cookies, Sorry, refused};

/// How long a session lasts without a further proof. Before that doorward ends it when a credential changes.
const SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// A device is known for 90 days after its last use.
const DEVICE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// As long as the link itself works.
const RESET: Duration = Duration::from_secs(60 * 60);
/// So many people share a browser; doorward looks at no more tokens.
const DEVICES: usize = 5;
/// So many mailed links are kept at once; each has at most 215 characters.
const LINKS: usize = 3;
/// Stands in no token, and may stand in a cookie.
const BETWEEN: char = '~';

/// What is kept on the server of a browser that has proved something.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct Visit {
    /// The address as it was typed into the sign-in form.
    pub email: String,
    pub session: Option<Session>,
    pub step: Option<Step>,
    /// Somebody of whom the application has heard nothing yet, so the choice of a password is part of the welcome.
    #[serde(default)]
    pub newcomer: Option<UserId>,
    /// From the welcome, until the password is chosen.
    #[serde(default)]
    pub name: String,
}

/// The step of a sign-in that comes next, with the text of its challenge.
#[derive(Clone, Deserialize, Serialize)]
pub enum Step {
    Code(String),
    Password(String),
    Authenticator(String),
}

impl Visit {
    /// A challenge works for its own step only, so each page asks for that of its kind.
    pub fn challenge(&self, of: impl Fn(&Step) -> Option<&String>) -> Result<Challenge, Sorry> {
        let text = self.step.as_ref().and_then(of).ok_or(Sorry::SignIn)?;
        Challenge::parse(text).map_err(|_| Sorry::SignIn)
    }

    pub fn password_challenge(&self) -> Result<Challenge, Sorry> {
        self.challenge(|step| if let Step::Password(text) = step { Some(text) } else { None })
    }

    pub fn code_challenge(&self) -> Result<Challenge, Sorry> {
        self.challenge(|step| if let Step::Code(text) = step { Some(text) } else { None })
    }

    pub fn authenticator_challenge(&self) -> Result<Challenge, Sorry> {
        self.challenge(|step| if let Step::Authenticator(text) = step { Some(text) } else { None })
    }
}

/// What a page calls the link that it is about: a digest, which opens nothing and is the same however often the link is opened.
pub fn link_name(token: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(token.as_bytes())[..12])
}

pub struct Browser {
    pub app: App,
    pub visit: Visit,
    jar: CookieJar,
    /// Of the session kept here.
    id: Option<String>,
    /// When what is kept here ends.
    ends_at: Option<OffsetDateTime>,
    /// The id that the browser sent, of which nothing may be kept any more.
    sent: Option<String>,
    notice: Option<Notice>,
    agent: String,
    peer: Option<IpAddr>,
}

/// Cookies and visits hold secrets.
impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Browser").field("agent", &self.agent).finish_non_exhaustive()
    }
}

impl FromRequestParts<App> for Browser {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Sorry> {
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = |kind| jar.get(&cookie_name(app, kind)).map(|cookie| cookie.value().to_owned());
        let notice = cookie("notice").and_then(|number| Notice::parse(&number));
        let sent = cookie("session");
        let kept = match &sent {
            Some(id) => app.tables.session(id, app.clock.now()).await?,
            None => None,
        };
        let id = sent.clone().filter(|_| kept.is_some());
        let (text, ends_at) = kept.unzip();
        let visit = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent::label(agent.unwrap_or_default());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        Ok(Self { app: app.clone(), visit, id, ends_at, sent, notice, agent, peer, jar })
    }
}

/// `__Host-`: set by this host itself, for all of it and for nobody beside it.
fn cookie_name(app: &App, kind: &str) -> String {
    if app.plain_cookies { kind.to_owned() } else { format!("__Host-{kind}") }
}

fn cookie(app: &App, kind: &str, value: String) -> Cookie<'static> {
    // Strict would leave the session behind on the way from a mail.
    Cookie::build((cookie_name(app, kind), value))
        .path("/")
        .http_only(true)
        .secure(!app.plain_cookies)
        .same_site(SameSite::Lax)
        .build()
}

fn lasting(mut cookie: Cookie<'static>, lifetime: Duration) -> Cookie<'static> {
    cookie.set_max_age(time::Duration::try_from(lifetime).ok());
    cookie
}

// Pages.
impl Browser {
    pub fn page(&mut self, title: &str) -> Page {
        Page { notice: self.take_notice(), ..Page::new(title) }
    }

    fn take_notice(&mut self) -> Option<Notice> {
        let notice = self.notice.take()?;
        self.drop_cookie("notice");
        Some(notice)
    }

    pub fn show(self, template: &impl Template) -> Response {
        self.show_as(StatusCode::OK, template)
    }

    pub fn show_as(self, status: StatusCode, template: &impl Template) -> Response {
        (status, self.jar, html(template)).into_response()
    }

    pub fn refuse(self, refusal: &ErrorResponse, template: &impl Template) -> Response {
        refused(refusal, (self.jar, html(template)))
    }

    pub fn go(self, path: &str) -> Response {
        (self.jar, Redirect::to(path)).into_response()
    }

    #[must_use]
    pub fn saying(self, notice: Notice) -> Self {
        self.with_cookie("notice", notice.number(), Duration::from_secs(60))
    }

    /// What an error comes to that is no fault of the form: everything that has no place beside a field.
    pub async fn sorry(self, failure: &dyn AuthError, place: &'static str) -> Sorry {
        match failure.code() {
            "session_ended" | "challenge_invalid" => self.ended().await,
            "password_proof_needed" | "code_proof_needed" => Sorry::Confirm(place),
            _ => Sorry::Refused(Box::new(self.app.auth.error_response(failure))),
        }
    }

    /// Forgets a session, or a sign-in under way, that is over, and says so. Where nothing is kept under the id that was sent, the
    /// cookie is left alone: another request may have moved the session to a new id just now, and a dead cookie does no harm.
    pub async fn ended(mut self) -> Sorry {
        if let Some(id) = self.id.take() {
            match self.app.tables.drop_session(&id).await {
                Ok(true) => self.drop_cookie("session"),
                Ok(false) => {}
                Err(error) => return error.into(),
            }
        }
        Sorry::Ended(Cookies(Box::new(self.saying(Notice::SessionEnded).jar)))
    }
}

// What is kept on the server.
impl Browser {
    /// How many seconds are left of it.
    pub fn ends_in(&self) -> Option<u64> {
        let left = self.ends_at? - self.app.clock.now();
        u64::try_from(left.whole_seconds()).ok()
    }

    /// Whether the browser thinks that it is signed in, and is not.
    pub fn is_forgotten(&self) -> bool {
        self.sent.is_some() && self.id.is_none()
    }

    /// Keeps that from now on, under a new id: an id that somebody planted or saw before is worth nothing after. Whoever signed
    /// out meanwhile, in another window, stays signed out.
    pub async fn renew(mut self, visit: Visit) -> Result<Self, Sorry> {
        let (id, now) = (random::text()?, self.app.clock.now());
        let text = serde_json::to_string(&visit).map_err(|_| Sorry::Internal)?;
        // From the last proof on: going on alone prolongs nothing.
        let proved_at =
            visit.session.as_ref().and_then(|session| session.methods().iter().map(|proven| proven.at).max());
        let ends_at = proved_at.unwrap_or(now).saturating_add(SESSION.try_into().unwrap_or_default());
        let tables = &self.app.tables;
        let moved = match &self.id {
            Some(before) => tables.move_session(before, &id, &text, ends_at).await?,
            None => false,
        };
        if !moved && self.visit.session.is_some() {
            return Err(self.ended().await);
        }
        if !moved {
            tables.keep_session(&id, &text, now, ends_at).await?;
        }
        self.jar = self.jar.add(cookie(&self.app, "session", id.clone()));
        Ok(Self { id: Some(id), ends_at: Some(ends_at), visit, ..self })
    }

    /// Changes what is kept, where nothing was proved.
    pub async fn change(&self) -> Result<(), Sorry> {
        let Some(id) = &self.id else { return Err(Sorry::SignIn) };
        let text = serde_json::to_string(&self.visit).map_err(|_| Sorry::Internal)?;
        Ok(self.app.tables.change_session(id, &text).await?)
    }

    /// Goes on as somebody who is signed in, or signed in by other means than before.
    pub async fn enter(mut self, signed_in: &SignedIn) -> Result<Self, Sorry> {
        self = match signed_in.device_token() {
            Some(token) => self.remember(token),
            None => self.remember_longer(),
        };
        let session = signed_in.session().clone();
        if let Some(device) = session.device() {
            self.app.tables.name_device(device, &self.agent, self.app.clock.now()).await?;
        }
        let email = signed_in.email().as_typed().to_owned();
        self.renew(Visit { email, session: Some(session), ..Visit::default() }).await
    }

    /// Ends what is kept, also where it goes by a newer id than this request was sent with. The device cookie stays: its owner has a throttle lane of the own by it, and whoever has chosen so is
    /// not asked for a code. It opens nothing by itself.
    pub async fn leave(mut self) -> Result<Self, Sorry> {
        if let Some(id) = self.sent.take() {
            self.app.tables.sign_out(&id).await?;
        }
        self.drop_cookie("session");
        Ok(Self { visit: Visit::default(), id: None, ends_at: None, ..self })
    }
}

// Cookies beside the session.
impl Browser {
    fn cookie(&self, kind: &str) -> &str {
        self.jar.get(&cookie_name(&self.app, kind)).map(Cookie::value).unwrap_or_default()
    }

    fn with_cookie(mut self, kind: &str, value: String, lifetime: Duration) -> Self {
        self.jar = self.jar.add(lasting(cookie(&self.app, kind, value), lifetime));
        self
    }

    fn drop_cookie(&mut self, kind: &str) {
        self.jar = std::mem::take(&mut self.jar).remove(cookie(&self.app, kind, String::new()));
    }

    fn devices(&self) -> impl Iterator<Item = &str> {
        self.cookie("device").split(BETWEEN).filter(|text| !text.is_empty())
    }

    /// The request with what is known of the browser.
    pub fn vouch(&self, request: SignInRequest) -> SignInRequest {
        let request = self.devices().fold(request, SignInRequest::device);
        match self.source() {
            Some(source) => request.client_address(source),
            None => request,
        }
    }

    /// The same for a forgotten password.
    pub fn vouch_for_reset(&self, request: ResetRequest) -> ResetRequest {
        let request = self.devices().fold(request, ResetRequest::device);
        match self.source() {
            Some(source) => request.client_address(source),
            None => request,
        }
    }

    /// Where the request comes from. A loopback peer is a proxy or a developer, and no client. Behind a proxy read what it adds
    /// to the request, and only that: from the right, as far as the addresses are those of your own proxies.
    fn source(&self) -> Option<ClientAddress> {
        self.peer.filter(|peer| !peer.is_loopback()).map(ClientAddress::from_ip)
    }

    /// As a device of that user too: several people may share a browser, and each stays known. A user's own token from before
    /// goes: what grants a new one has ended that device, or could not use it.
    #[must_use]
    pub fn remember(self, token: &DeviceToken) -> Self {
        self.remember_beside(token, true)
    }

    /// From a confirmed link, which ends nothing yet.
    #[must_use]
    pub fn remember_too(self, token: &DeviceToken) -> Self {
        self.remember_beside(token, false)
    }

    fn remember_beside(self, token: &DeviceToken, replacing: bool) -> Self {
        let token = token.expose();
        // A token begins with whose it is.
        let owner = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
        let stays = |other: &&str| *other != token && !(replacing && owner(other) == owner(&token));
        let others = self.devices().filter(stays).take(DEVICES - 1);
        let all: Vec<_> = std::iter::once(&*token).chain(others).collect();
        let value = all.join(&BETWEEN.to_string());
        self.with_cookie("device", value, DEVICE)
    }

    /// The cookie of a browser in use does not expire: a sign-in in two steps renews the device, and has no token.
    fn remember_longer(self) -> Self {
        let value = self.cookie("device").to_owned();
        if value.is_empty() { self } else { self.with_cookie("device", value, DEVICE) }
    }

    /// Takes the token of a link out of the address bar, where it would be seen, kept and shared. The links from before stay:
    /// another site, too, can have one opened, and must not put it in the place of the one that a page is about to confirm.
    #[must_use]
    pub fn hold_link(self, token: &str) -> Self {
        let others = self.links().filter(|held| *held != token).take(LINKS - 1);
        let all: Vec<_> = std::iter::once(token).chain(others).collect();
        let value = all.join(&BETWEEN.to_string());
        self.with_cookie("reset", value, RESET)
    }

    fn links(&self) -> impl Iterator<Item = &str> {
        self.cookie("reset").split(BETWEEN).filter(|text| looks_like_a_token(text)).take(LINKS)
    }

    /// The link of that name, if it is still kept.
    pub fn link(&self, name: &str) -> Option<&str> {
        self.links().find(|held| link_name(held) == name)
    }

    /// What the link is called that is kept, where there is no other to confuse it with.
    pub fn only_link(&self) -> Option<String> {
        let mut links = self.links();
        let only = links.next().map(link_name);
        only.filter(|_| links.next().is_none())
    }

    #[must_use]
    pub fn drop_link(mut self, name: &str) -> Self {
        let others: Vec<_> = self.links().filter(|held| link_name(held) != name).collect();
        match &*others.join(&BETWEEN.to_string()) {
            "" => {
                self.drop_cookie("reset");
                self
            }
            value => {
                let value = value.to_owned();
                self.with_cookie("reset", value, RESET)
            }
        }
    }

    /// Carries a moment to the page of that name, which tells it. It is no secret, and nothing hangs on it.
    #[must_use]
    pub fn carrying(self, page: &str, moment: OffsetDateTime) -> Self {
        self.with_cookie(page, moment.unix_timestamp().to_string(), RESET)
    }

    pub fn carried(&self, page: &str) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.cookie(page).parse().ok()?).ok()
    }
}

/// Whether a text may be the token of a link: of the letters, and not longer. Whether it works, only the crate knows.
pub fn looks_like_a_token(text: &str) -> bool {
    (40..=215).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
