//! Secrets that leave the server: in a link, a form field, a cookie or a mail.
//!
//! All but the temporary password have one text form, that of [`WireToken`]: who holds it, a dot, 256 random bits. The first half
//! allows finding the user by a single index look-up, so a guess is always against one account only. The stored digest also covers
//! the purpose and the user, so a token never passes for one of another kind or user.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::id::UserId;
use super::malformed::Malformed;
use super::secret::{SecretBytes, redacted_debug};
use super::typed::as_shown;
use super::wire_token::{HeldBy, SealedHolder, WireToken};

/// The content shared by the tokens below, opened: as flows compare it.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) user_id: UserId,
    pub(crate) secret: SecretBytes<32>,
    /// The seal in which it came, if it would leave in the same one: sealing costs as much as all else about a session.
    pub(crate) sealed: Option<Arc<SealedHolder>>,
}

impl Token {
    /// A token that is issued now.
    pub(crate) fn new(user_id: UserId, secret: SecretBytes<32>) -> Self {
        Self { user_id, secret, sealed: None }
    }
}

redacted_debug!(Token => "Token");

/// A public token type around [`WireToken`].
macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(pub(crate) WireToken);

        redacted_debug!($name => $text);

        impl $name {
            /// The text form: letters, digits, `-`, `_` and one dot. **This is the secret itself**: put it only where it is
            /// meant to go, and never into a log.
            pub fn expose(&self) -> String {
                self.0.expose()
            }
        }
    };
}

/// The strict reading, for tokens that travel between machines only.
macro_rules! parsed {
    ($name:ident) => {
        impl $name {
            /// Parses the text form.
            ///
            /// # Errors
            /// [`Malformed`] unless it is, byte for byte, a text that `expose` could have produced. A well-formed token is not
            /// necessarily valid.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                WireToken::parse(text, HeldBy::User).map(Self)
            }
        }
    };
}

token! {
    /// The secret of a reset link. It is mailed, and valid for an hour or until used up.
    ///
    /// It does not implement serde traits, so that it cannot end up in a log or document by accident: take a `String` from the
    /// link and pass it to [`Auth::confirm_reset`](crate::Auth::confirm_reset), which parses it. Its text has 238 characters where
    /// the host has keys, as that of every token.
    ResetToken, "ResetToken"
}

token! {
    /// Represents the completed steps of a sign-in until the next one. It is valid for ten minutes and for its own next step
    /// only, and contains nothing derived from the password. Without a [`Keyring`](crate::Keyring) the user's id can be read in it.
    ///
    /// Keep it in a hidden form field or a cookie, by [`expose`](Self::expose) and [`parse`](Self::parse). Declare the field of
    /// a form struct as `String` and parse it afterwards. There is no serde implementation: a secret that serialises by itself
    /// can end up in a log or document by accident, and a malformed challenge should lead back to the sign-in page, while
    /// frameworks answer a form that does not deserialise with an error of their own.
    Challenge, "Challenge"
}

token! {
    /// Recognises a browser that has signed in before. It gives that browser a throttle bucket of its own; it never replaces a
    /// password.
    ///
    /// Keep it in an `HttpOnly`, `Secure` cookie whose `Max-Age` is
    /// [`DeviceConfig::lifetime`](crate::config::DeviceConfig::lifetime), 90 days by default (browsers cap it at 400 days), and
    /// pass the cookie's text to [`SignInRequest::device`](crate::SignInRequest::device), which parses it and ignores anything
    /// else. Without a [`Keyring`](crate::Keyring) the user's id can be read in it. Like [`Challenge`], it does not implement serde
    /// traits.
    DeviceToken, "DeviceToken"
}

token! {
    /// The secret of a session: whoever shows it is signed in. It holds 256 random bits; only a digest of it is stored.
    ///
    /// Put its text into a cookie as it is, or hand it to an app as a bearer token: there is nothing to seal or to decode. Without a
    /// [`Keyring`](crate::Keyring) the user's id can be read in it; with one, nothing can, and the text has 238 characters. Pass it
    /// to [`Auth::resume`](crate::Auth::resume) on every later request. It changes with every proof and every change of a
    /// credential, so keep the token of each [`SignedIn`](crate::SignedIn) that a flow returns. Like [`Challenge`], it does not
    /// implement serde traits.
    SessionToken, "SessionToken"
}

parsed!(Challenge);
parsed!(DeviceToken);

impl SessionToken {
    /// Parses the text form, byte for byte.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        WireToken::parse(text, HeldBy::User).map(Self)
    }
}

impl ResetToken {
    /// Reads what a link brought along, mending what mail clients do to links; see [`Auth::read_reset_token`](crate::Auth::read_reset_token).
    ///
    /// # Errors
    /// [`Malformed`] if the text is damaged beyond that, which its form alone shows.
    pub(crate) fn from_link(text: &str) -> Result<Self, Malformed> {
        WireToken::find(text, HeldBy::User).map(Self)
    }
}

/// The token of a link for somebody who has no account yet: sealed content beside a secret.
pub(crate) struct RegistrationToken(pub(crate) WireToken);

redacted_debug!(RegistrationToken => "RegistrationToken");

impl RegistrationToken {
    /// Reads what a link brought along, mending it as that of a [`ResetToken`] is.
    pub(crate) fn from_link(text: &str) -> Result<Self, Malformed> {
        WireToken::find(text, HeldBy::Nobody).map(Self)
    }

    /// The text form. **This is the secret itself.**
    pub(crate) fn expose(&self) -> String {
        self.0.expose()
    }
}

/// A generated password that permits only one thing: choosing a password of one's own.
///
/// 28 characters of Crockford's base32 alphabet (140 random bits) in groups of four. Typing is forgiving: case, spaces, invisible
/// characters, dashes, dots and other punctuation do not matter, O counts as 0, I and L count as 1, full-width characters count as
/// their ASCII forms, and decimal digits of any script as the digits they show.
#[derive(Clone)]
pub struct TemporaryPassword(Zeroizing<String>);

redacted_debug!(TemporaryPassword => "TemporaryPassword");

impl TemporaryPassword {
    pub(crate) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text to mail or show. **This is the secret itself.**
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Crockford's base32: digits and letters that are hard to confuse.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Encodes five bits of each random byte, in groups of four, for people to type.
pub(crate) fn grouped_base32(random: &[u8]) -> Zeroizing<String> {
    const GROUP: usize = 4;
    let mut text = Zeroizing::new(String::with_capacity(random.len() * 2));
    for (index, byte) in random.iter().enumerate() {
        if index > 0 && index % GROUP == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    text
}

/// The canonical spelling that all accepted spellings of a temporary password or a recovery code reduce to: what the text
/// [shows](as_shown), in capitals, with Crockford's readings of O, I and L.
pub(crate) fn typed_leniently(typed: &str) -> Zeroizing<String> {
    let shown = as_shown(typed);
    let mut canonical = Zeroizing::new(String::with_capacity(shown.len()));
    canonical.extend(shown.chars().map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }));
    canonical
}
