//! The browser behind a request: its cookies, and what the server keeps for it.

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

/// How long a session lasts without a further proof. doorward ends it earlier when a credential changes.
const SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// A device stays known for 90 days after its last use.
const DEVICE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// As long as the link itself is valid.
const RESET: Duration = Duration::from_secs(60 * 60);
/// How many people may share a browser; doorward reads no more tokens.
const DEVICES: usize = 5;
/// How many mailed links are kept at once; each has at most 215 characters.
const LINKS: usize = 3;
/// Never occurs in a token, and is allowed in a cookie.
const BETWEEN: char = '~';

/// What the server keeps for a browser that has proved something.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct Visit {
    /// The address as typed into the sign-in form.
    pub email: String,
    pub session: Option<Session>,
    pub step: Option<Step>,
    /// A user without a profile yet, so choosing a password is part of the welcome.
    #[serde(default)]
    pub newcomer: Option<UserId>,
    /// Entered in the welcome, kept until the password is chosen.
    #[serde(default)]
    pub name: String,
}

/// The next step of a sign-in, with the text of its challenge.
#[derive(Clone, Deserialize, Serialize)]
pub enum Step {
    Code(String),
    Password(String),
    Authenticator(String),
}

impl Visit {
    /// A challenge is valid for its own step only, so each page asks for its own kind.
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

/// How a page names its link: a digest, which cannot be used as the link and is the same however often the link is opened.
pub fn link_name(token: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(token.as_bytes())[..12])
}

pub struct Browser {
    pub app: App,
    pub visit: Visit,
    jar: CookieJar,
    /// The id of the session kept here.
    id: Option<String>,
    /// When that session ends.
    ends_at: Option<OffsetDateTime>,
    /// The id that the browser sent, which may no longer exist.
    sent: Option<String>,
    notice: Option<Notice>,
    agent: String,
    peer: Option<IpAddr>,
}

/// Hand-written because cookies and visits contain secrets.
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

/// `__Host-`: set by this host itself, for the whole host and for no other.
fn cookie_name(app: &App, kind: &str) -> String {
    if app.plain_cookies { kind.to_owned() } else { format!("__Host-{kind}") }
}

fn cookie(app: &App, kind: &str, value: String) -> Cookie<'static> {
    // With `Strict`, browsers would not send the session when a user follows a link from a mail.
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

    /// Maps an error that does not belong next to a form field.
    pub async fn sorry(self, failure: &dyn AuthError, place: &'static str) -> Sorry {
        match failure.code() {
            "session_ended" | "challenge_invalid" => self.ended().await,
            "password_proof_needed" | "code_proof_needed" => Sorry::Confirm(place),
            _ => Sorry::Refused(Box::new(self.app.auth.error_response(failure))),
        }
    }

    /// Drops a session or a pending sign-in that has ended, and says so. If nothing is stored under the sent id, the cookie
    /// stays: another request may just have moved the session to a new id, and a dead cookie does no harm.
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
    /// How many seconds the session has left.
    pub fn ends_in(&self) -> Option<u64> {
        let left = self.ends_at? - self.app.clock.now();
        u64::try_from(left.whole_seconds()).ok()
    }

    /// Whether the browser sent a session that no longer exists.
    pub fn is_forgotten(&self) -> bool {
        self.sent.is_some() && self.id.is_none()
    }

    /// Stores the visit under a new id to prevent session fixation: a planted or observed id becomes worthless. A user who has
    /// just signed out in another window stays signed out.
    pub async fn renew(mut self, visit: Visit) -> Result<Self, Sorry> {
        let (id, now) = (random::text()?, self.app.clock.now());
        let text = serde_json::to_string(&visit).map_err(|_| Sorry::Internal)?;
        // Counted from the last proof: activity alone does not extend it.
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

    /// Updates the stored visit without a new proof.
    pub async fn change(&self) -> Result<(), Sorry> {
        let Some(id) = &self.id else { return Err(Sorry::SignIn) };
        let text = serde_json::to_string(&self.visit).map_err(|_| Sorry::Internal)?;
        Ok(self.app.tables.change_session(id, &text).await?)
    }

    /// Continues as a signed-in user, or with a newer proof.
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

    /// Ends the session, even if it has a newer id than the one this request sent. The device cookie stays: it gives its owner
    /// a separate throttle bucket and, if they chose so, skips the code. Alone it signs nobody in.
    pub async fn leave(mut self) -> Result<Self, Sorry> {
        if let Some(id) = self.sent.take() {
            self.app.tables.sign_out(&id).await?;
        }
        self.drop_cookie("session");
        Ok(Self { visit: Visit::default(), id: None, ends_at: None, ..self })
    }
}

// Cookies other than the session.
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

    /// Adds the browser's device tokens and client address to the request.
    pub fn vouch(&self, request: SignInRequest) -> SignInRequest {
        let request = self.devices().fold(request, SignInRequest::device);
        match self.source() {
            Some(source) => request.client_address(source),
            None => request,
        }
    }

    /// The same for a reset request.
    pub fn vouch_for_reset(&self, request: ResetRequest) -> ResetRequest {
        let request = self.devices().fold(request, ResetRequest::device);
        match self.source() {
            Some(source) => request.client_address(source),
            None => request,
        }
    }

    /// The client address. A loopback peer is a proxy or a developer, not a client. Behind a proxy, read only what it adds to
    /// the request: from the right, for as long as the addresses are those of your own proxies.
    fn source(&self) -> Option<ClientAddress> {
        self.peer.filter(|peer| !peer.is_loopback()).map(ClientAddress::from_ip)
    }

    /// Remembers the browser as this user's device: several people may share a browser, and each stays known. The user's
    /// previous token is dropped: whatever grants a new one has revoked that device, or could not use it.
    #[must_use]
    pub fn remember(self, token: &DeviceToken) -> Self {
        self.remember_beside(token, true)
    }

    /// Like [`remember`](Self::remember), but keeps the user's previous token: a confirmed link revokes nothing yet.
    #[must_use]
    pub fn remember_too(self, token: &DeviceToken) -> Self {
        self.remember_beside(token, false)
    }

    fn remember_beside(self, token: &DeviceToken, replacing: bool) -> Self {
        let token = token.expose();
        // A token begins with its user.
        let owner = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
        let stays = |other: &&str| *other != token && !(replacing && owner(other) == owner(&token));
        let others = self.devices().filter(stays).take(DEVICES - 1);
        let all: Vec<_> = std::iter::once(&*token).chain(others).collect();
        let value = all.join(&BETWEEN.to_string());
        self.with_cookie("device", value, DEVICE)
    }

    /// Renews the cookie, so that it does not expire while in use: a two-step sign-in renews the device and returns no token.
    fn remember_longer(self) -> Self {
        let value = self.cookie("device").to_owned();
        if value.is_empty() { self } else { self.with_cookie("device", value, DEVICE) }
    }

    /// Moves a link's token out of the address bar, where it would be seen, stored and shared. Earlier links stay: another site
    /// can open one too, and must not replace the one that a page is about to confirm.
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

    /// The link with that name, if it is still kept.
    pub fn link(&self, name: &str) -> Option<&str> {
        self.links().find(|held| link_name(held) == name)
    }

    /// The name of the kept link, if there is only one.
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

    /// Passes a time to the page of that name, for display. It is not secret, and nothing depends on it.
    #[must_use]
    pub fn carrying(self, page: &str, moment: OffsetDateTime) -> Self {
        self.with_cookie(page, moment.unix_timestamp().to_string(), RESET)
    }

    pub fn carried(&self, page: &str) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.cookie(page).parse().ok()?).ok()
    }
}

/// Whether a text is shaped like a link token, by characters and length. Whether it is valid, only the crate can tell.
fn looks_like_a_token(text: &str) -> bool {
    (40..=215).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
