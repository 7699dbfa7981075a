use core::fmt;

use thiserror::Error;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::email::Email;
use super::secret::redacted_debug;
use super::token::{RegistrationToken, ResetToken};

/// The maximum length of the service name, in characters: it appears in every mail subject.
const MAX_NAME_CHARS: usize = 64;

/// A part of the [`Site`] is missing or invalid.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("site.{field} {problem}")]
pub struct SiteError {
    field: &'static str,
    problem: &'static str,
}

impl SiteError {
    /// The field at fault: `name`, `base_url`, `support`, `reset_path`, `sign_in_path`, `registration_path`,
    /// `email_confirm_path` or `email_undo_path`.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// A stable name in snake_case.
    pub fn code(&self) -> &'static str {
        "site_invalid"
    }
}

/// How users reach support; shown in every mail and with every refusal.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SupportContact {
    /// An email address.
    Email(String),
    /// An https link, for example to a live chat.
    Link(String),
}

impl SupportContact {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(email) = Email::from_input(text) {
            return Some(Self::Email(email.as_typed().to_owned()));
        }
        let link = Url::parse(text).ok()?;
        let usable = link.scheme() == "https" && link.has_host() && has_no_credentials(&link);
        usable.then(|| Self::Link(link.into()))
    }

    /// The address or the link as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(text) | Self::Link(text) => text,
        }
    }

    /// The target for a link in a page: `mailto:…` or `https://…`.
    pub fn href(&self) -> String {
        match self {
            Self::Email(address) => {
                // RFC 6068: anything that could end the address is percent-encoded.
                let mut link = String::from("mailto:");
                link.extend(url::form_urlencoded::byte_serialize(address.as_bytes()).map(|part| match part {
                    "%40" => "@",
                    "+" => "%20",
                    part => part,
                }));
                link
            }
            Self::Link(link) => link.clone(),
        }
    }
}

impl fmt::Display for SupportContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a mailed link carries its token.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TokenPlacement {
    /// In the query, `?token=…`. The page works without JavaScript. Its response should set `Referrer-Policy: no-referrer`, and
    /// access logs should not record queries.
    #[default]
    Query,
    /// In the fragment, `#token=…`. Browsers do not send it, so it stays out of servers and logs; a script on the page has to
    /// read it.
    Fragment,
}

/// The name and addresses of the host's service: the settings without a sensible default.
///
/// Every mailed link is built from this base address and never from the request, so a forged `Host` header cannot reach a mail.
///
/// ```
/// use doorward::Site;
///
/// let site = Site::new("Acme", "https://acme.example/app", "https://acme.example/chat")?.reset_path("/forgot/confirm")?;
/// assert_eq!(site.sign_in_url(), "https://acme.example/app/sign-in");
///
/// assert_eq!(Site::new("Acme", "", "help@acme.example").unwrap_err().field(), "base_url");
/// assert_eq!(Site::new("Acme", "http://acme.example", "help@acme.example").unwrap_err().field(), "base_url");
/// # Ok::<(), doorward::config::SiteError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Site {
    name: String,
    base_url: Url,
    support: SupportContact,
    reset_path: String,
    sign_in_path: String,
    registration_path: String,
    email_confirm_path: String,
    email_undo_path: String,
    deletion_path: String,
    link_token: TokenPlacement,
}

impl Site {
    /// Takes the name of the service as its users know it (1 to 64 characters), its base address (https; plain http only for
    /// localhost), and the support contact (an email address or an https link).
    ///
    /// # Errors
    /// [`SiteError`] names the field at fault.
    pub fn new(name: &str, base_url: &str, support: &str) -> Result<Self, SiteError> {
        let fault = |field, problem| SiteError { field, problem };
        let named = (1..=MAX_NAME_CHARS).contains(&name.trim().chars().count());
        // A careless mailer would turn a line break in the name into a header of its own.
        if !named || name.chars().any(char::is_control) {
            return Err(fault("name", "is not 1 to 64 characters without control characters"));
        }
        let base = Url::parse(base_url).map_err(|_| fault("base_url", "is not an absolute address"))?;
        if !(base.scheme() == "https" || base.scheme() == "http" && is_loopback(&base)) {
            return Err(fault("base_url", "is not https (plain http is for localhost only)"));
        }
        if base.query().is_some() || base.fragment().is_some() || !has_no_credentials(&base) {
            return Err(fault("base_url", "has a query, a fragment or credentials"));
        }
        let support =
            SupportContact::parse(support).ok_or(fault("support", "is neither an address nor an https link"))?;
        Ok(Self {
            name: name.trim().to_owned(),
            base_url: base,
            support,
            reset_path: "/reset/confirm".to_owned(),
            sign_in_path: "/sign-in".to_owned(),
            registration_path: "/register/confirm".to_owned(),
            email_confirm_path: "/email/confirm".to_owned(),
            email_undo_path: "/email/undo".to_owned(),
            deletion_path: "/leaving/undo".to_owned(),
            link_token: TokenPlacement::default(),
        })
    }

    /// The path of the page that a reset link opens, below the base address; default `/reset/confirm`. The page only asks for
    /// confirmation; the POST that follows confirms.
    ///
    /// # Errors
    /// [`SiteError`] unless it is a plain path that starts with `/`.
    pub fn reset_path(self, path: &str) -> Result<Self, SiteError> {
        let reset_path = plain_path("reset_path", path)?;
        Ok(Self { reset_path, ..self })
    }

    /// The path of the sign-in page, below the base address; default `/sign-in`.
    ///
    /// # Errors
    /// [`SiteError`] unless it is a plain path that starts with `/`.
    pub fn sign_in_path(self, path: &str) -> Result<Self, SiteError> {
        let sign_in_path = plain_path("sign_in_path", path)?;
        Ok(Self { sign_in_path, ..self })
    }

    /// The path of the page that the link of a registration or an invitation opens, below the base address; default
    /// `/register/confirm`. The page asks for a password; the POST that follows opens the account.
    ///
    /// # Errors
    /// [`SiteError`] unless it is a plain path that starts with `/`.
    pub fn registration_path(self, path: &str) -> Result<Self, SiteError> {
        let registration_path = plain_path("registration_path", path)?;
        Ok(Self { registration_path, ..self })
    }

    /// The path of the page that the link to a new address opens, below the base address; default `/email/confirm`. The page only
    /// asks; the POST that follows changes the address ([`Auth::confirm_email_change`](crate::Auth::confirm_email_change)).
    ///
    /// # Errors
    /// [`SiteError`] unless it is a plain path that starts with `/`.
    pub fn email_confirm_path(self, path: &str) -> Result<Self, SiteError> {
        let email_confirm_path = plain_path("email_confirm_path", path)?;
        Ok(Self { email_confirm_path, ..self })
    }

    /// The path of the page that takes a change of the address back, below the base address; default `/email/undo`. The page
    /// only asks; the POST that follows does it ([`Auth::undo_email_change`](crate::Auth::undo_email_change)).
    ///
    /// # Errors
    /// [`SiteError`] unless it is a plain path that starts with `/`.
    pub fn email_undo_path(self, path: &str) -> Result<Self, SiteError> {
        let email_undo_path = plain_path("email_undo_path", path)?;
        Ok(Self { email_undo_path, ..self })
    }

    /// The path of the page that the link which undoes a deletion opens, below the base address; default `/leaving/undo`. The page
    /// only asks for confirmation; the POST that follows undoes.
    ///
    /// # Errors
    /// [`SiteError`] unless it is a plain path that starts with `/`.
    pub fn deletion_path(self, path: &str) -> Result<Self, SiteError> {
        let deletion_path = plain_path("deletion_path", path)?;
        Ok(Self { deletion_path, ..self })
    }

    /// Where links carry their token; default in the query.
    #[must_use]
    pub fn link_token(self, link_token: TokenPlacement) -> Self {
        Self { link_token, ..self }
    }

    /// The name of the service.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The support contact.
    pub fn support(&self) -> &SupportContact {
        &self.support
    }

    /// The URL of the sign-in page.
    pub fn sign_in_url(&self) -> String {
        self.below(&self.sign_in_path).into()
    }

    /// Where the site begins, as the path of an absolute address: `/`, or that of the base address.
    #[cfg(feature = "pages")]
    pub(crate) fn home_path(&self) -> &str {
        self.base_url.path()
    }

    /// The whole paths of the sign-in page, and of the pages that the links of a reset, of a registration, and of a change of the address
    /// and of its undoing open.
    #[cfg(feature = "pages")]
    pub(crate) fn page_paths(&self) -> [String; 6] {
        let Self { sign_in_path, reset_path, registration_path, email_confirm_path, .. } = self;
        let Self { email_undo_path, deletion_path, .. } = self;
        let paths = [sign_in_path, reset_path, registration_path, email_confirm_path, email_undo_path, deletion_path];
        paths.map(|path| self.below(path).path().to_owned())
    }

    /// The origin of every page: scheme, host and port, as browsers send it.
    #[cfg(feature = "pages")]
    pub(crate) fn origin(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }

    /// Where links carry their token.
    #[cfg(feature = "pages")]
    pub(crate) fn token_placement(&self) -> TokenPlacement {
        self.link_token
    }

    /// The reset link that carries this token.
    pub(crate) fn reset_link(&self, token: &ResetToken) -> MailLink {
        self.link(&self.reset_path, token.expose())
    }

    /// The link of a registration or an invitation that carries this token.
    pub(crate) fn registration_link(&self, token: &RegistrationToken) -> MailLink {
        self.link(&self.registration_path, token.expose())
    }

    /// The link that confirms a change of the address by this token.
    pub(crate) fn email_confirm_link(&self, token: &ResetToken) -> MailLink {
        self.link(&self.email_confirm_path, token.expose())
    }

    /// The link that takes one back by this token.
    pub(crate) fn email_undo_link(&self, token: &ResetToken) -> MailLink {
        self.link(&self.email_undo_path, token.expose())
    }

    /// The link that undoes a deletion.
    pub(crate) fn deletion_link(&self, token: &ResetToken) -> MailLink {
        self.link(&self.deletion_path, token.expose())
    }

    fn link(&self, path: &str, token: String) -> MailLink {
        let (mut link, token) = (self.below(path), Zeroizing::new(token));
        // Tokens consist of letters, digits, `-`, `_` and a dot, so nothing needs escaping.
        let pair = Zeroizing::new(format!("token={}", *token));
        match self.link_token {
            TokenPlacement::Query => link.set_query(Some(&pair)),
            TokenPlacement::Fragment => link.set_fragment(Some(&pair)),
        }
        MailLink(Zeroizing::new(link.into()))
    }

    fn below(&self, path: &str) -> Url {
        let mut url = self.base_url.clone();
        url.set_path(&format!("{}{path}", self.base_url.path().trim_end_matches('/')));
        url
    }
}

fn plain_path(field: &'static str, path: &str) -> Result<String, SiteError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    if path.starts_with('/') && !path.contains("//") && !path.contains("..") && path.chars().all(plain) {
        Ok(path.to_owned())
    } else {
        Err(SiteError { field, problem: "is not a plain path that starts with a slash" })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn has_no_credentials(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

/// The link of a mail, with the token that it carries. `Debug` reveals nothing of it.
#[derive(Clone)]
pub struct MailLink(Zeroizing<String>);

redacted_debug!(MailLink => "MailLink");

impl MailLink {
    /// The link as text. **This is the secret itself.**
    pub fn expose(&self) -> &str {
        &self.0
    }
}
