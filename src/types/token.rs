//! Secrets that travel outside: in a link, a form field, a cookie, a mail.
//!
//! All but the temporary password have one text form: base64url of the user's id, a dot, base64url of 256 random bits. The
//! id makes them found by one index look-up, so that a guess is a guess against one account only; what is stored is a
//! digest that also covers the purpose and the user, so that no token passes as one of another kind or user.

use zeroize::{Zeroize, Zeroizing};

use super::base64url;
use super::id::UserId;
use super::malformed::Malformed;
use super::secret::{SecretBytes, redacted_debug};

/// The common content of the tokens below.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) user_id: UserId,
    pub(crate) secret: SecretBytes<32>,
}

impl Token {
    /// The longest text of a token: 128 bytes of id and 32 of secret in base64url, and the dot.
    const MAX_TEXT_BYTES: usize = 171 + 1 + 43;

    fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > Self::MAX_TEXT_BYTES {
            return Err(Malformed::TOKEN);
        }
        let (id, secret) = text.split_once('.').ok_or(Malformed::TOKEN)?;
        let id = String::from_utf8(base64url::decode(id).ok_or(Malformed::TOKEN)?).map_err(|_| Malformed::TOKEN)?;
        let mut bytes = base64url::decode_array::<32>(secret).ok_or(Malformed::TOKEN)?;
        let token = UserId::parse(&id).map(|user_id| Self { user_id, secret: SecretBytes::new(bytes) });
        bytes.zeroize();
        token.map_err(|_| Malformed::TOKEN)
    }

    fn expose(&self) -> String {
        format!("{}.{}", base64url::encode(self.user_id.as_str().as_bytes()), base64url::encode(self.secret.expose()))
    }
}

/// A public token type around [`Token`].
macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(pub(crate) Token);

        redacted_debug!($name => $text);

        impl $name {
            /// Reads the text form.
            ///
            /// # Errors
            /// [`Malformed`] unless it is, byte for byte, a text that `expose` can have written. That it is well
            /// formed says nothing about whether it works.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                Token::parse(text).map(Self)
            }

            /// The text form, letters, digits, `-`, `_` and one dot. **This is the secret itself**: it belongs into the
            /// one place it is for, and never into a log.
            pub fn expose(&self) -> String {
                self.0.expose()
            }
        }
    };
}

token! {
    /// The secret of a reset link. It is mailed, and accepted until it is used up or an hour has passed.
    ///
    /// It is no serde type, so that it gets into no log and no document unawares: take a `String` from the link and hand it to
    /// [`Auth::confirm_reset`](crate::Auth::confirm_reset), which parses it.
    ResetToken, "ResetToken"
}

token! {
    /// Stands for the steps of a sign-in already taken, until the next step is. It works for ten minutes, for its own
    /// next step only, and holds nothing derived from the password.
    ///
    /// Keep it in a hidden form field or in a cookie: [`expose`](Self::expose) and [`parse`](Self::parse) carry it there
    /// and back. In a form's struct the field is a `String`, which is parsed afterwards: a secret that serialises by itself gets
    /// into a log or a document unawares, and a malformed one is to lead back to the sign-in, while frameworks answer a form
    /// that does not deserialise with an error of theirs.
    Challenge, "Challenge"
}

token! {
    /// Recognises a browser from which somebody has signed in before. It gives that browser a throttle lane of its own;
    /// it never stands in for a password.
    ///
    /// Keep it in an `HttpOnly`, `Secure` cookie whose `Max-Age` is [`DeviceConfig::lifetime`](crate::config::DeviceConfig::lifetime), 90
    /// days by default (browsers cap it at 400 days), and hand the cookie's text back with
    /// [`SignInRequest::device`](crate::SignInRequest::device), which parses it and ignores anything else. It is no serde type,
    /// as [`Challenge`] is none.
    DeviceToken, "DeviceToken"
}

/// A generated password that opens one thing only: choosing an own password.
///
/// 28 characters of Crockford's base32 alphabet (140 random bits) in groups of four. How it is typed is forgiven: case,
/// spaces and dashes do not matter, O counts as 0, I and L count as 1.
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

/// Crockford's base32: digits and letters that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Writes random bytes, five bits of each, in groups of four: for people to type.
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

/// The one spelling that all forgiven spellings of a temporary password share.
pub(crate) fn typed_leniently(typed: &str) -> Zeroizing<String> {
    let dash = |c: char| {
        matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
    };
    let mut canonical = Zeroizing::new(String::with_capacity(typed.len()));
    canonical.extend(typed.chars().filter(|c| !c.is_whitespace() && !dash(*c)).map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }));
    canonical
}
