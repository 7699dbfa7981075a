use core::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method};

use super::catalogue::Choice;
use super::cross_site;
use super::hooks::Hooks;
use super::look::Look;
use super::routes::Route;
use crate::auth::Auth;
use crate::config::RegistrationMode;
use crate::crypto::Keyring;
use crate::types::ClientAddress;

/// The pages of a site. Clones are cheap and share state. [The module](super) says what there is.
#[derive(Clone)]
pub struct Pages {
    pub(super) shared: Arc<Shared>,
}

/// Finds the client address of a request.
pub(super) type FindAddress = dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync;

/// What every request shares.
pub(super) struct Shared {
    pub(super) auth: Auth,
    pub(super) keyring: Keyring,
    /// What all paths begin with; empty or `/…` without a slash at the end.
    pub(super) base: String,
    /// Where a sign-in leads, unless a page was asked for.
    pub(super) home: String,
    pub(super) origin: String,
    pub(super) look: Look,
    pub(super) choice: Choice,
    pub(super) client_address: Option<Box<FindAddress>>,
    pub(super) hooks: Hooks,
    /// Made once: it is long, and anyone can ask for it.
    pub(super) openapi: OnceLock<Bytes>,
}

impl Pages {
    /// Every method and path that the pages answer, for tests and for rules at a proxy. HEAD is answered where GET is.
    ///
    /// ```
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::pages::Pages;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Keyring, Site};
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
    /// #     .background(|work| drop(std::thread::spawn(|| pollster::block_on(work))))
    /// #     .keyring(Keyring::new("2026-11", [7; 32])?)
    /// #     .build()?;
    /// let pages = Pages::builder(auth).build()?;
    /// let posts = pages.routes().filter(|(method, _)| method == "POST");
    /// assert!(posts.map(|(_, path)| path).any(|path| path == "/sign-in"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn routes(&self) -> impl Iterator<Item = (Method, String)> {
        Route::ALL.iter().filter(|route| self.answers(**route)).flat_map(|route| {
            let path = route.whole_path(&self.shared.base);
            route.verbs().iter().map(move |verb| (verb.method(), path.clone()))
        })
    }

    /// Whether this path is one of the pages.
    pub fn has(&self, path: &str) -> bool {
        self.route(path).is_some()
    }

    pub(super) fn route(&self, path: &str) -> Option<Route> {
        Route::find(&self.shared.base, path).filter(|route| self.answers(*route))
    }

    /// Whether the host has what the route needs. Otherwise the path is the host's own.
    pub(super) fn answers(&self, route: Route) -> bool {
        match route {
            Route::Welcome => self.shared.hooks.onboarding.is_some(),
            _ if route.is_for_operators() => self.shared.hooks.operators.is_some(),
            _ if route.is_of_registration() => match self.auth().config().registration.mode {
                RegistrationMode::Off => false,
                RegistrationMode::ByInvitation => route == Route::RegisterConfirm,
                RegistrationMode::Open => true,
            },
            _ => true,
        }
    }

    /// The path of the sign-in page, from which a sign-in leads back to `then`, a path of this site with or without a query.
    /// Anything that could lead to another site, or is longer than 1,024 bytes, is left out, and the sign-in then leads home. The page
    /// there must not redirect to another origin: right after a form, browsers refuse that (`form-action`). Show a link instead.
    ///
    /// ```
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::pages::Pages;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Keyring, Site};
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
    /// #     .background(|work| drop(std::thread::spawn(|| pollster::block_on(work))))
    /// #     .keyring(Keyring::new("2026-11", [7; 32])?)
    /// #     .build()?;
    /// # let pages = Pages::builder(auth).build()?;
    /// assert_eq!(pages.sign_in_path("/orders?page=2"), "/sign-in?then=%2Forders%3Fpage%3D2");
    /// assert_eq!(pages.sign_in_path("//elsewhere.example"), "/sign-in");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign_in_path(&self, then: &str) -> String {
        self.leading_back(Route::SignIn, then)
    }

    /// The path of the page that asks for a fresh proof (step-up), and then leads to `then`, as with
    /// [`sign_in_path`](Self::sign_in_path); by default to the settings. Redirect to it after
    /// [`require_step_up`](Auth::require_step_up) has returned `StepUpRequired`.
    pub fn confirm_path(&self, then: &str) -> String {
        self.leading_back(Route::Confirm, then)
    }

    /// The path of "My password and security", for a link in pages of your own.
    pub fn security_path(&self) -> String {
        self.path(Route::Security.path())
    }

    /// The `Auth` whose pages these are.
    pub fn auth(&self) -> &Auth {
        &self.shared.auth
    }

    fn leading_back(&self, route: Route, then: &str) -> String {
        let path = self.path(route.path());
        match local_path(then) {
            Some(then) => {
                let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("then", then).finish();
                format!("{path}?{query}")
            }
            None => path,
        }
    }

    /// Whether another site made the browser send this request (CSRF), by its `Sec-Fetch-Site` or `Origin`. Pages refuse such
    /// requests by themselves. Ask it before a form of your own changes something, and answer 403.
    ///
    /// GET, HEAD and OPTIONS are refused only as WebSocket handshakes, so they must change nothing.
    pub fn is_cross_site(&self, method: &Method, headers: &HeaderMap) -> bool {
        cross_site::is_refused(method, headers, &self.shared.origin)
    }

    pub(super) fn path(&self, below: &str) -> String {
        format!("{}{below}", self.shared.base)
    }

    /// A loopback peer is a proxy or a developer, and no client: everyone behind it would share its bucket.
    pub(super) fn client_address(&self, request: &Parts) -> Option<ClientAddress> {
        let find = self.shared.client_address.as_ref()?;
        find(request).filter(|ip| !ip.to_canonical().is_loopback()).map(ClientAddress::from_ip)
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("auth", &self.shared.auth)
            .field("base", &self.shared.base)
            .finish_non_exhaustive()
    }
}

/// A path of this site, with or without a query, and nothing that a browser could take for another site: it drops tabs and line
/// breaks, and reads backslashes as slashes.
pub(super) fn local_path(text: &str) -> Option<&str> {
    const LONGEST: usize = 1_024;
    let plain = text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (plain && text.starts_with('/') && !text.starts_with("//")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn a_way_back_never_leads_to_another_site() {
        for path in ["/", "/orders", "/orders?page=2&sort=a", "/a//b", "/%2F%2Fx", "/?then=https://acme.example"] {
            assert_eq!(local_path(path), Some(path));
        }
        let long = format!("/{}", "x".repeat(1_024));
        for path in [
            "",
            "orders",
            "//x.example",
            "/\\x.example",
            "\\/x",
            "/\t/x.example",
            "\t//x",
            "/\n/x",
            " /x",
            "/ü",
            "https://x.example",
            "javascript:alert(1)",
            "/x\r\nSet-Cookie: a=b",
            "/a b",
            &long,
        ] {
            assert_eq!(local_path(path), None, "{path:?}");
        }
    }
}
