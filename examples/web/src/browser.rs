//! The browser behind a request: its cookies. The server keeps nothing for it but doorward's sessions.

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
use doorward::error::{ErrorResponse, ResumeError};
use doorward::{
    AuthError, Challenge, ClientAddress, Clock, DeviceToken, ResetRequest, SignInRequest, SignedIn, UserId,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::agent;
use crate::app::App;
use crate::notice::Notice;
use crate::page::{Page, html};
use crate::sorry::{Cookies, Sorry, refused};

/// A device stays known for 90 days after its last use.
const DEVICE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// As long as the link itself is valid.
const RESET: Duration = Duration::from_secs(60 * 60);
/// How many people may share a browser; doorward reads no more tokens.
const DEVICES: usize = 5;
/// How many mailed links are kept at once; each has at most 238 characters.
const LINKS: usize = 3;
/// These never occur in a token, and are allowed in a cookie.
const BETWEEN: char = '~';
const OWNED: char = ':';

/// A sign-in under way. It is in a cookie, so nothing here is trusted: what has been proved is in the challenge.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct Visit {
    /// The address as typed into the sign-in form.
    pub email: String,
    pub step: Option<Step>,
    /// A user without a profile yet, so the steps are those of the welcome.
    pub newcomer: bool,
    /// Entered in the welcome, kept until the sign-in is complete.
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
    short_digest(token)
}

fn short_digest(text: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(text.as_bytes())[..12])
}

pub struct Browser {
    pub app: App,
    pub visit: Visit,
    jar: CookieJar,
    notice: Option<Notice>,
    agent: String,
    peer: Option<IpAddr>,
}

/// Hand-written because cookies contain secrets.
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
        let visit = cookie("steps").and_then(|text| read(&text)).unwrap_or_default();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent::label(agent.unwrap_or_default());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        Ok(Self { app: app.clone(), visit, notice, agent, peer, jar })
    }
}

fn read(visit: &str) -> Option<Visit> {
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(visit).ok()?).ok()
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
    pub fn sorry(self, failure: &dyn AuthError, place: &'static str) -> Sorry {
        match failure.code() {
            "session_ended" | "challenge_invalid" => self.ended(),
            "password_proof_needed" | "code_proof_needed" => Sorry::Confirm(place),
            _ => Sorry::Refused(Box::new(self.app.auth.error_response(failure))),
        }
    }

    /// A session or a pending sign-in has ended: says so. The cookie stays, as a parallel request may just have replaced it, and
    /// a dead one does no harm.
    fn ended(self) -> Sorry {
        Sorry::Ended(Cookies(Box::new(self.saying(Notice::SessionEnded).jar)))
    }
}

// The session, and the steps that lead to one.
impl Browser {
    /// Who is signed in here, if anyone.
    pub async fn who(&self) -> Result<SignedIn, ResumeError> {
        let (auth, token) = (&self.app.auth, self.cookie("session"));
        match self.source() {
            Some(source) => auth.resume_from(token, &source).await,
            None => auth.resume(token).await,
        }
    }

    /// Why nobody is signed in here. Only a browser that had a session is told that it ended.
    pub fn nobody(self, failure: &ResumeError) -> Sorry {
        let had_none = self.cookie("session").is_empty() && matches!(failure, ResumeError::SessionEnded);
        if had_none { Sorry::SignIn } else { self.sorry(failure, "") }
    }

    /// Continues as a signed-in user, or with a newer proof: either way the token is new.
    pub async fn enter(mut self, signed_in: &SignedIn) -> Self {
        self = match signed_in.device_token() {
            Some(token) => self.remember(token, signed_in.user_id()),
            None => self.remember_longer(),
        };
        if let Some(device) = signed_in.session().device
            && let Err(error) = self.app.tables.name_device(device, &self.agent, self.app.clock.now()).await
        {
            eprintln!("a browser was not named: {error}");
        }
        self.visit = Visit::default();
        self.drop_cookie("steps");
        let cookie = cookie(&self.app, "session", signed_in.token().expose());
        // Without a lifetime it ends with the browser; what counts is when doorward ends the session.
        self.jar = self.jar.add(match signed_in.max_age() {
            Some(lifetime) => lasting(cookie, lifetime),
            None => cookie,
        });
        self
    }

    /// Ends the session. Returns whether there was one. The device cookie stays: it gives its owner a separate throttle bucket
    /// and, if they chose so, skips the code. Alone it signs nobody in.
    pub async fn leave(mut self) -> Result<(Self, bool), Sorry> {
        let signed_in = match self.who().await {
            Ok(signed_in) => signed_in,
            // The cookie stays, as in `ended`.
            Err(ResumeError::SessionEnded) => return Ok((self, false)),
            Err(error) => return Err(self.sorry(&error, "")),
        };
        if let Err(error) = self.app.auth.sign_out(&signed_in).await {
            return Err(self.sorry(&error, ""));
        }
        self.drop_cookie("session");
        self.drop_cookie("steps");
        Ok((Self { visit: Visit::default(), ..self }, true))
    }

    /// Remembers how far a sign-in has come.
    #[must_use]
    pub fn at(mut self, visit: Visit) -> Self {
        let text = Base64UrlUnpadded::encode_string(&serde_json::to_vec(&visit).unwrap_or_default());
        self.jar = self.jar.add(cookie(&self.app, "steps", text));
        Self { visit, ..self }
    }
}

// The other cookies.
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

    /// The device tokens, each with the name of its user, as far as that is known.
    fn devices(&self) -> impl Iterator<Item = (&str, &str)> {
        let kept = self.cookie("device").split(BETWEEN).filter(|kept| !kept.is_empty());
        kept.map(|kept| kept.split_once(OWNED).unwrap_or(("", kept)))
    }

    /// Adds the browser's name, device tokens and client address to the request.
    pub fn vouch(&self, request: SignInRequest) -> SignInRequest {
        let request = request.label(&self.agent);
        let request = self.devices().fold(request, |request, (_, token)| request.device(token));
        match self.source() {
            Some(source) => request.client_address(source),
            None => request,
        }
    }

    /// The same for a reset request.
    pub fn vouch_for_reset(&self, request: ResetRequest) -> ResetRequest {
        let request = self.devices().fold(request, |request, (_, token)| request.device(token));
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
    pub fn remember(self, token: &DeviceToken, user: &UserId) -> Self {
        self.remember_beside(token, &short_digest(user.as_str()))
    }

    /// Like [`remember`](Self::remember), but keeps the user's previous token: a confirmed link revokes nothing yet.
    #[must_use]
    pub fn remember_too(self, token: &DeviceToken) -> Self {
        self.remember_beside(token, "")
    }

    fn remember_beside(self, token: &DeviceToken, owner: &str) -> Self {
        let token = token.expose();
        let stays = |other: &(&str, &str)| other.1 != token && (owner.is_empty() || other.0 != owner);
        let others = self.devices().filter(stays).take(DEVICES - 1);
        let all = std::iter::once((owner, &*token)).chain(others);
        let all: Vec<_> = all.map(|(owner, token)| format!("{owner}{OWNED}{token}")).collect();
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
    (40..=238).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
