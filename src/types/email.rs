use core::fmt;
use core::hash::{Hash, Hasher};

use email_address::{EmailAddress, Options};
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use super::malformed::Malformed;
use super::typed::{is_unseen, trimmed};

/// The maximum length of an address, in octets: what fits into SMTP's path (RFC 5321 section 4.5.3.1.3, erratum 1690).
const MAX_OCTETS: usize = 254;
/// The maximum length of the local part, in octets (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_OCTETS: usize = 64;
/// The longest input that is looked at: an address between a kilobyte of blanks is no slip of a keyboard.
const MAX_INPUT_OCTETS: usize = 1024;

/// Why an address that was entered twice was not accepted.
#[derive(Clone, Copy, Debug, Eq, Error, Hash, PartialEq)]
pub enum UnconfirmedEmail {
    /// At least one entry is not an address.
    #[error("malformed address")]
    Malformed,
    /// The entries are different addresses.
    #[error("the two entries differ")]
    Different,
}

impl UnconfirmedEmail {
    /// A stable name in snake_case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "email_malformed",
            Self::Different => "email_different",
        }
    }

    /// A message for the end user, in English.
    pub fn user_message(self) -> &'static str {
        match self {
            Self::Malformed => "Please enter one complete email address.",
            Self::Different => "The two email addresses are not the same. Please check both.",
        }
    }
}

/// An email address: as it was typed, and in the canonical form that every flow compares.
///
/// The canonical form has the domain in lower case with its labels as A-labels (IDNA, UTS #46), and the local part in Unicode
/// NFC and lower case. Dots and `+tag` are kept, and nothing is folded beyond simple lower case, so two mailboxes never become
/// one account. Mail is sent to the typed form.
///
/// Two addresses are equal, and hash equally, if their canonical forms are equal. `Debug` reveals nothing and there is no
/// `Display`: addresses belong in mails and forms, not in logs.
///
/// ```
/// use doorward::Email;
///
/// let email = Email::parse("Ann.Lee+news@B\u{fc}cher.example")?;
/// assert_eq!(email.canonical(), "ann.lee+news@xn--bcher-kva.example");
/// assert_eq!(email.as_typed(), "Ann.Lee+news@B\u{fc}cher.example");
/// assert_eq!(email, Email::parse("ann.lee+news@xn--bcher-kva.example")?);
/// # Ok::<(), doorward::error::Malformed>(())
/// ```
///
/// Rejects what cannot be one person's mailbox, and look-alikes of another address:
///
/// ```
/// use doorward::Email;
///
/// for text in ["ann", "ann@localhost", "ann@[127.0.0.1]", "a@x.example,b@x.example", "Ann <ann@x.example>"] {
///     assert!(Email::parse(text).is_err());
/// }
/// assert!(Email::parse("mi\u{212a}e@example.org").is_err(), "the Kelvin sign would pass for a k");
/// ```
#[derive(Clone)]
pub struct Email {
    typed: Box<str>,
    canonical: Box<str>,
}

impl Email {
    /// Parses an address, allowing nothing around it.
    ///
    /// # Errors
    /// [`Malformed`] for anything that is not an address (RFC 5321, RFC 6531), and for domain literals, quoted local parts,
    /// domains without a dot or with a numeric last label, more than 254 octets, invisible, control and bidirectional
    /// characters, and non-ASCII characters whose canonical form is ASCII (the Kelvin sign, full-width letters).
    ///
    /// Also for addresses with dots at the beginning, at the end or next to each other before the `@`, which some Japanese carriers
    /// handed out until 2009 (`taro..@docomo.example`): RFC 5321 has no such address, and mailers and relays reject it. Then
    /// [`Malformed::reason`] says so, for the operator who enters or imports it.
    ///
    /// ```
    /// use doorward::Email;
    ///
    /// let refused = Email::parse("taro..@docomo.example").unwrap_err();
    /// assert!(refused.reason().is_some_and(|reason| reason.starts_with("dots")));
    /// ```
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        match canonical(text) {
            Some(canonical) => Ok(Self { typed: text.into(), canonical: canonical.into() }),
            None if is_address_but_for_dots(text) => Err(Malformed::UNMAILABLE_DOTS),
            None => Err(Malformed::EMAIL),
        }
    }

    /// Parses what someone typed or pasted. Characters that nobody sees are dropped around the address, since keyboards and
    /// clipboards add them: spaces and line ends of every kind, zero-width characters, byte order marks, bidirectional controls and
    /// other invisible format characters (Unicode's `White_Space`, `Default_Ignorable_Code_Point`, and the categories `Cc` and `Cf`).
    /// Within the address they are rejected: there they would pass for another address. Deserializing reads an address in the same
    /// way.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); also for more than 1,024 octets.
    ///
    /// ```
    /// use doorward::Email;
    ///
    /// let pasted = "\u{feff}ann@acme.example\u{a0}\u{200b}";
    /// assert_eq!(Email::from_input(pasted)?.as_typed(), "ann@acme.example");
    /// assert!(Email::from_input("an\u{200b}n@acme.example").is_err());
    /// # Ok::<(), doorward::error::Malformed>(())
    /// ```
    pub fn from_input(typed: &str) -> Result<Self, Malformed> {
        match typed.len() {
            0..=MAX_INPUT_OCTETS => Self::parse(trimmed(typed)),
            _ => Err(Malformed::EMAIL),
        }
    }

    /// Parses an address that was entered twice, and requires both entries to be the same address (in canonical form). Entries
    /// are parsed as by [`from_input`](Self::from_input).
    ///
    /// # Errors
    /// [`UnconfirmedEmail`]: show its message beside the second field.
    ///
    /// ```
    /// use doorward::Email;
    /// use doorward::error::UnconfirmedEmail;
    ///
    /// assert!(Email::confirmed("ann@acme.example", "Ann@ACME.example ").is_ok());
    /// assert_eq!(Email::confirmed("ann@acme.example", "anne@acme.example").unwrap_err(), UnconfirmedEmail::Different);
    /// ```
    pub fn confirmed(entered: &str, repeated: &str) -> Result<Self, UnconfirmedEmail> {
        let read = |text| Self::from_input(text).map_err(|_| UnconfirmedEmail::Malformed);
        let (entered, repeated) = (read(entered)?, read(repeated)?);
        if entered == repeated { Ok(entered) } else { Err(UnconfirmedEmail::Different) }
    }

    /// The address as typed: where mail is sent.
    #[doc(alias = "Display")]
    #[doc(alias = "to_string")]
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The domain, in canonical form.
    pub(crate) fn domain(&self) -> &str {
        self.canonical().rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form that is compared, looked up and kept unique.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

/// The canonical form, if the text is an address.
fn canonical(text: &str) -> Option<String> {
    // Checked before any expensive work: the text may be a megabyte.
    if text.len() > MAX_OCTETS || text.chars().any(is_refused) {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    // The library knows the ASCII grammar. Non-ASCII characters were checked above, and a letter takes their place here.
    let skeleton: String = local.chars().map(|c| if c.is_ascii() { c } else { 'x' }).collect();
    let canonical = format!("{}@{}", canonical_local(local)?, canonical_domain(domain)?);
    let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
    let (_, ascii_domain) = canonical.rsplit_once('@')?;
    EmailAddress::parse_with_options(&format!("{skeleton}@{ascii_domain}"), options).ok()?;
    (canonical.len() <= MAX_OCTETS).then_some(canonical)
}

/// Whether the text is an address apart from dots that no address has where these are.
fn is_address_but_for_dots(text: &str) -> bool {
    // As above: a megabyte is not taken apart.
    let Some((local, domain)) = text.rsplit_once('@').filter(|_| text.len() <= MAX_OCTETS) else { return false };
    let parts: Vec<&str> = local.split('.').filter(|part| !part.is_empty()).collect();
    let tidy = parts.join(".");
    tidy != local && canonical(&format!("{tidy}@{domain}")).is_some()
}

/// Characters that readers cannot see, that reorder the text around them, or that no font need have: also private-use and
/// unassigned ones, and format characters that are drawn.
fn is_refused(c: char) -> bool {
    use GeneralCategory::{Format, PrivateUse, Surrogate, Unassigned};
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(category, Format | PrivateUse | Surrogate | Unassigned) || is_unseen(c)
}

/// NFC and simple lower case, repeated until stable: lower-casing may decompose, and composing may yield a capital.
fn canonical_local(local: &str) -> Option<String> {
    let poses_as_ascii = |c: char| !c.is_ascii() && lowered(&c.to_string()).is_none_or(|form| form.is_ascii());
    // Quoted local parts are rejected: every mail system that hands them out also accepts the plain spelling, and quoting would
    // give one mailbox several spellings.
    let refused = local.len() > MAX_LOCAL_OCTETS || local.starts_with('"') || local.chars().any(poses_as_ascii);
    if refused { None } else { lowered(local).filter(|form| form.len() <= MAX_LOCAL_OCTETS) }
}

fn lowered(text: &str) -> Option<String> {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let mut form = nfc.normalize(text).into_owned();
    // Two rounds suffice for every character assigned today; the bound guarantees termination.
    for _ in 0..4 {
        let lower: String = form.chars().flat_map(char::to_lowercase).collect();
        let next = nfc.normalize(&lower).into_owned();
        if next == form {
            return Some(form);
        }
        form = next;
    }
    None
}

/// A-labels in lower case. A non-ASCII label that maps to ASCII would pass for another domain.
fn canonical_domain(domain: &str) -> Option<String> {
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .ok()?
        .into_owned();
    let honest = |(typed, label): (&str, &str)| typed.is_ascii() || label.starts_with("xn--");
    let same_labels = domain.split('.').count() == ascii.split('.').count();
    let numeric_end = ascii.rsplit('.').next().is_none_or(|last| last.bytes().all(|b| b.is_ascii_digit()));
    (same_labels && !numeric_end && domain.split('.').zip(ascii.split('.')).all(honest)).then_some(ascii)
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Email {}

impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email([redacted])")
    }
}

impl Serialize for Email {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.typed)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        // A host's form may have an `Email` as its field. What is stored has nothing around it.
        Self::from_input(&text).map_err(de::Error::custom)
    }
}
