use core::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use http::request::Parts;

use super::catalogue::{Choice, ChooseLanguage, Language};
use super::error::PagesError;
use super::hooks::Hooks;
use super::look::Look;
use super::routes::Route;
use super::state::{FindAddress, Pages, Shared, local_path};
use crate::auth::Auth;
use crate::config::TokenPlacement;

impl Pages {
    /// Starts a builder. The name, the addresses and the support contact are those of the [`Site`](crate::Site); the `Auth` needs a
    /// [`keyring`](crate::AuthBuilder::keyring), which also seals what cookies carry, and a
    /// [`background`](crate::AuthBuilder::background), without which response times reveal who has an account.
    ///
    /// ```
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Site};
    /// use doorward::Keyring;
    /// use doorward::pages::Pages;
    ///
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let (users, attempts, mailer) = (MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
    /// let auth = Auth::builder(site, users, attempts, mailer)
    ///     .background(|work| drop(std::thread::spawn(|| pollster::block_on(work))))
    ///     .keyring(Keyring::new("2026-11", [7; 32])?) // 32 random bytes from outside the store
    ///     .build()?;
    /// let pages = Pages::builder(auth).home("/orders").build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Without a keyring they are not built:
    ///
    /// ```
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::pages::Pages;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # use doorward::{Auth, Site};
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer).build()?;
    /// assert_eq!(Pages::builder(auth).build().unwrap_err().setting(), "keyring");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(auth: Auth) -> PagesBuilder {
        let home = auth.site().home_path().to_owned();
        PagesBuilder {
            auth,
            home,
            look: Look::new(),
            languages: Language::own(),
            language: None,
            client_address: None,
            hooks: Hooks::default(),
            wrong: None,
        }
    }
}

/// Builds [`Pages`]. Everything has a default.
#[must_use = "nothing is built until `build`"]
pub struct PagesBuilder {
    auth: Auth,
    home: String,
    look: Look,
    languages: Vec<Language>,
    language: Option<Box<ChooseLanguage>>,
    client_address: Option<Box<FindAddress>>,
    pub(super) hooks: Hooks,
    /// The first setting that was wrong by itself.
    wrong: Option<PagesError>,
}

impl PagesBuilder {
    /// Where a sign-in leads, unless it was asked for by another page: a path of this site; default where the site begins. It must not
    /// redirect to another origin: right after a form, browsers refuse that.
    pub fn home(self, path: &str) -> Self {
        Self { home: path.to_owned(), ..self }
    }

    /// How the pages look: a style sheet of your own, a frame around every page, pages that you draw yourself.
    pub fn look(self, look: Look) -> Self {
        Self { look, ..self }
    }

    /// The language of a request, as a tag of BCP 47; default what the browser prefers (`Accept-Language`) of those there are. For
    /// pages in one language only, return it always. `None`, or what is no tag, leaves it to the browser.
    ///
    /// The nearest language that there is answers: `de` for `de-AT`, English if none is near. Browsers list languages in their
    /// order of preference, so weights (`q=`) are not read. Refusals and the `detail` of problem documents are in the language
    /// too; mails are not.
    ///
    /// ```
    /// # fn german(builder: doorward::pages::PagesBuilder) -> doorward::pages::PagesBuilder {
    /// builder.language(|_request| Some("de".to_owned()))
    /// # }
    /// ```
    pub fn language(self, choose: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { language: Some(Box::new(choose)), ..self }
    }

    /// Adds a language, or replaces single texts of one: English, German and Spanish are there. `texts` is a file of
    /// [Project Fluent](https://projectfluent.org), with the names of the crate's `src/pages/locales/en.ftl`. What is missing is
    /// shown in English, also in a `de-AT` beside `de`. Languages from right to left are laid out so.
    ///
    /// What errors and rules of the password policy say goes by their codes, in `error-<code>` and `rule-<code>`; the crate's
    /// `de.ftl` has them all. An error may use `$unit` (`none`, `seconds` or `minutes`) with `$amount`, and `$rules`, the sentences
    /// of the rules that a password breaks; a rule may use `$count`. Keep one message for `error-invalid_credentials`, whatever the
    /// cause.
    ///
    /// Values are not isolated by marks (U+2068): the pages isolate what they show between tags. Texts are escaped, so they contain
    /// no markup.
    ///
    /// ```
    /// # fn polite(builder: doorward::pages::PagesBuilder) -> doorward::pages::PagesBuilder {
    /// builder.texts("en", "sign-in-button = Log in\n")
    /// # }
    /// ```
    pub fn texts(mut self, language: &str, texts: &str) -> Self {
        if Language::add(&mut self.languages, language, texts).is_none() {
            self.wrong.get_or_insert(PagesError::new("texts", "are not those of a language, in the syntax of Fluent"));
        }
        self
    }

    /// How the client address of a request is found, which throttles credential stuffing; default unknown.
    ///
    /// Return only what a client cannot forge: the peer of the connection, or what **your own** proxy adds to the request.
    /// Loopback addresses are ignored, as they belong to a proxy or a developer.
    ///
    /// ```
    /// # use doorward::pages::PagesBuilder;
    /// use std::net::{IpAddr, SocketAddr};
    ///
    /// # fn on_a_server(builder: PagesBuilder) -> PagesBuilder {
    /// // The server puts the peer's address into the request. In axum it is `ConnectInfo<SocketAddr>`.
    /// builder.client_address(|request| request.extensions.get::<SocketAddr>().map(|peer| peer.ip()))
    /// # }
    /// # fn behind_a_proxy(builder: PagesBuilder) -> PagesBuilder {
    /// // Behind one proxy, which appends the address of its own peer: the last one. Those before it are anyone's claims.
    /// builder.client_address(|request| {
    ///     let last = request.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    ///     last.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    /// })
    /// # }
    /// ```
    pub fn client_address(self, find: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        Self { client_address: Some(Box::new(find)), ..self }
    }

    /// Checks that the settings of the `Auth` and of the pages fit each other.
    ///
    /// All paths begin as [`Site::sign_in_path`](crate::Site::sign_in_path) does: with `/account/sign-in` there,
    /// `/account/reset/confirm` as [`reset_path`](crate::Site::reset_path), `/account/email/confirm` as
    /// [`email_confirm_path`](crate::Site::email_confirm_path), `/account/email/undo` as
    /// [`email_undo_path`](crate::Site::email_undo_path), `/account/leaving/undo` as
    /// [`deletion_path`](crate::Site::deletion_path), and `/account/register/confirm` as
    /// [`registration_path`](crate::Site::registration_path) where registration is on, the pages are below `/account`.
    ///
    /// # Errors
    /// [`PagesError`] names the setting at fault: `keyring` or `background`, if there is none; `site.sign_in_path`, `site.reset_path`, `site.registration_path`,
    /// `site.email_confirm_path`, `site.email_undo_path` or `site.deletion_path`, if mails would link to where no page is; `site.link_token`, if the token of links is in the fragment, which reaches no server;
    /// `home` or `look.stylesheet`, if it is no path
    /// of this site, which begins with `/`; `texts`, if a language's texts cannot be read; `operators`, if the `Operator` is that of another `Auth`;
    /// `onboarding_steps`, if there is no onboarding; `home`, if the onboarding's welcome page is to be home.
    pub fn build(self) -> Result<Pages, PagesError> {
        let Self { auth, home, look, languages, language, client_address, hooks, wrong } = self;
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        let Some(keyring) = auth.keyring().cloned() else {
            return Err(PagesError::new("keyring", "is missing: it seals what cookies carry"));
        };
        if !auth.has_background() {
            return Err(PagesError::new("background", "is missing: response times would reveal who has an account"));
        }
        let base = base_of(&auth)?;
        if auth.site().token_placement() != TokenPlacement::Query {
            return Err(PagesError::new("site.link_token", "is not in the query, so pages cannot read it"));
        }
        if local_path(&home).is_none() {
            return Err(PagesError::new("home", "is not a path of this site"));
        }
        if look.stylesheet.as_deref().is_some_and(|path| local_path(path).is_none()) {
            return Err(PagesError::new("look.stylesheet", "is not a path of this site"));
        }
        let origin = auth.site().origin();
        let choice = Choice::new(languages, language);
        hooks.check(&auth, home.split(['?', '#']).next() == Some(&*format!("{base}{}", Route::Welcome.path())))?;
        let shared =
            Shared { auth, keyring, base, home, origin, look, choice, client_address, hooks, openapi: OnceLock::new() };
        Ok(Pages { shared: Arc::new(shared) })
    }
}

/// What all paths begin with: mails must link to where the pages are.
fn base_of(auth: &Auth) -> Result<String, PagesError> {
    let [sign_in, reset, registration, email_confirm, email_undo, deletion] = auth.site().page_paths();
    let Some(base) = sign_in.strip_suffix(Route::SignIn.path()) else {
        return Err(PagesError::new("site.sign_in_path", "does not end in /sign-in"));
    };
    let is_at = |path: &str, route: Route| path.strip_prefix(base) == Some(route.path());
    if !is_at(&reset, Route::ResetConfirm) {
        return Err(PagesError::new("site.reset_path", "is not /reset/confirm beside the sign-in page"));
    }
    if auth.config().registration.is_on() && !is_at(&registration, Route::RegisterConfirm) {
        return Err(PagesError::new("site.registration_path", "is not /register/confirm beside the sign-in page"));
    }
    if !is_at(&email_confirm, Route::EmailConfirm) {
        return Err(PagesError::new("site.email_confirm_path", "is not /email/confirm beside the sign-in page"));
    }
    if !is_at(&email_undo, Route::EmailUndo) {
        return Err(PagesError::new("site.email_undo_path", "is not /email/undo beside the sign-in page"));
    }
    if !is_at(&deletion, Route::LeavingUndo) {
        return Err(PagesError::new("site.deletion_path", "is not /leaving/undo beside the sign-in page"));
    }
    Ok(base.to_owned())
}

impl fmt::Debug for PagesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagesBuilder").field("auth", &self.auth).field("home", &self.home).finish_non_exhaustive()
    }
}
