//! Whoever is at the other end: cookies, and what is kept of the browser on the server.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use askama::Template;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use doorward::{Challenge, Clock, DeviceToken, Session, SignedIn, Source};
use serde::{Deserialize, Serialize};

use crate::agent;
use crate::app::App;
use crate::notice::Notice;
use crate::page::{Page, html};
use crate::random;
use crate::sorry::Sorry;
use crate::tables::Profile;

/// How long a session lasts at most. Before that doorward ends it when a credential changes.
const SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// A device is known for 90 days after its last use.
const DEVICE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// As long as the link itself works.
const RESET: Duration = Duration::from_secs(60 * 60);

/// What is kept on the server of a browser that has proved something.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Visit {
    /// The address as it was typed into the sign-in form.
    pub email: String,
    pub session: Option<Session>,
    pub step: Option<Step>,
    /// From the wizard, until there is somebody to store it for.
    #[serde(default)]
    pub name: String,
    /// Somebody new is here: the choice of a password is part of the welcome.
    #[serde(default)]
    pub wizard: bool,
}

/// The step of a sign-in that comes next, with the text of its challenge.
#[derive(Clone, Debug, Deserialize, Serialize)]
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

#[derive(Debug)]
pub struct Browser {
    pub app: App,
    pub visit: Visit,
    jar: CookieJar,
    id: Option<String>,
    notice: Option<Notice>,
    agent: String,
    peer: Option<IpAddr>,
}

impl FromRequestParts<App> for Browser {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Sorry> {
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = |kind| jar.get(&cookie_name(app, kind)).map(|cookie| cookie.value().to_owned());
        let notice = cookie("notice").and_then(|number| Notice::parse(&number));
        let (mut id, mut visit) = (cookie("session"), Visit::default());
        if let Some(named) = &id {
            match app.tables.session(named, app.clock.now()).await? {
                Some(text) => visit = serde_json::from_str(&text).unwrap_or_default(),
                None => id = None,
            }
        }
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent::label(agent.unwrap_or_default());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        Ok(Self { app: app.clone(), visit, id, notice, agent, peer, jar })
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

impl Browser {
    pub fn page(&mut self, title: &str) -> Page {
        Page { notice: self.take_notice(), ..Page::new(title) }
    }

    fn take_notice(&mut self) -> Option<Notice> {
        let notice = self.notice.take()?;
        self.jar = std::mem::take(&mut self.jar).remove(cookie(&self.app, "notice", String::new()));
        Some(notice)
    }

    /// The device cookie, or nothing.
    pub fn device(&self) -> &str {
        self.jar.get(&cookie_name(&self.app, "device")).map(Cookie::value).unwrap_or_default()
    }

    /// Where the request comes from. A loopback peer is a proxy or a developer, and no client: behind a proxy read what it
    /// adds to the request, and only that.
    pub fn source(&self) -> Option<Source> {
        self.peer.filter(|peer| !peer.is_loopback()).map(Source::from_ip)
    }

    /// Keeps that from now on, under a new id: an id that somebody planted or saw before is worth nothing after.
    pub async fn renew(mut self, visit: Visit) -> Result<Self, Sorry> {
        let id = random::text()?;
        if let Some(old) = self.id.take() {
            self.app.tables.drop_session(&old).await?;
        }
        let now = self.app.clock.now();
        let text = serde_json::to_string(&visit).map_err(|_| Sorry::Internal)?;
        let owner = visit.session.as_ref().map(|session| (session.user_id(), session.device()));
        self.app
            .tables
            .keep_session(&id, &text, owner, now, now.saturating_add(SESSION.try_into().unwrap_or_default()))
            .await?;
        self.jar = self.jar.add(cookie(&self.app, "session", id.clone()));
        Ok(Self { id: Some(id), visit, ..self })
    }

    /// Changes what is kept, where nothing was proved.
    pub async fn change(&self) -> Result<(), Sorry> {
        let Some(id) = &self.id else { return Err(Sorry::SignIn) };
        let text = serde_json::to_string(&self.visit).map_err(|_| Sorry::Internal)?;
        Ok(self.app.tables.change_session(id, &text).await?)
    }

    /// Goes on as somebody who is signed in, or signed in by other means than before.
    pub async fn enter(mut self, signed_in: &SignedIn) -> Result<Self, Sorry> {
        if let Some(token) = signed_in.device_token() {
            self = self.remember(token);
        }
        let session = signed_in.session().clone();
        if let Some(device) = session.device() {
            self.app.tables.name_device(device, &self.agent).await?;
        }
        if !self.visit.name.is_empty() {
            let profile = Profile { name: self.visit.name.clone(), operator: false };
            self.app.tables.keep_profile(session.user_id(), &profile).await?;
        }
        let email = signed_in.email().as_typed().to_owned();
        self.renew(Visit { email, session: Some(session), ..Visit::default() }).await
    }

    #[must_use]
    pub fn remember(mut self, token: &DeviceToken) -> Self {
        self.jar = self.jar.add(lasting(cookie(&self.app, "device", token.expose()), DEVICE));
        self
    }

    /// Ends what is kept. The device cookie stays: it opens nothing, and gives its owner a lane of the own.
    pub async fn leave(mut self) -> Result<Self, Sorry> {
        if let Some(id) = self.id.take() {
            self.app.tables.drop_session(&id).await?;
        }
        self.jar = self.jar.remove(cookie(&self.app, "session", String::new()));
        Ok(Self { visit: Visit::default(), ..self })
    }

    /// Takes the token of a link out of the address bar, where it would be seen, kept and shared.
    #[must_use]
    pub fn hold_link(mut self, token: String) -> Self {
        self.jar = self.jar.add(lasting(cookie(&self.app, "reset", token), RESET));
        self
    }

    pub fn link(&self) -> &str {
        self.jar.get(&cookie_name(&self.app, "reset")).map(Cookie::value).unwrap_or_default()
    }

    #[must_use]
    pub fn drop_link(mut self) -> Self {
        self.jar = self.jar.remove(cookie(&self.app, "reset", String::new()));
        self
    }

    #[must_use]
    pub fn saying(mut self, notice: Notice) -> Self {
        let carried = lasting(cookie(&self.app, "notice", notice.number()), Duration::from_secs(60));
        self.jar = self.jar.add(carried);
        self
    }

    pub fn go(self, path: &str) -> Response {
        (self.jar, Redirect::to(path)).into_response()
    }

    pub fn show(self, template: &impl Template) -> Response {
        (self.jar, html(template)).into_response()
    }
}
