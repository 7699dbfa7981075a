//! Secrets that leave the server: in a link, a form field, a cookie or a mail.
//!
//! All but the temporary password have one text form: base64url of the user's id, a dot, base64url of 256 random bits. The id
//! allows finding the user by a single index look-up, so a guess is always against one account only. The stored digest also
//! covers the purpose and the user, so a token never passes for one of another kind or user.

use zeroize::{Zeroize, Zeroizing};

use super::base64url;
use super::id::UserId;
use super::malformed::Malformed;
use super::secret::{SecretBytes, redacted_debug};
use super::typed::{as_shown, is_unseen};

/// The content shared by the tokens below.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) user_id: UserId,
    pub(crate) secret: SecretBytes<32>,
}

impl Token {
    /// The longest text of a token: 128 bytes of id and 32 of secret in base64url, plus the dot.
    const MAX_TEXT_BYTES: usize = 171 + 1 + Self::SECRET_CHARS;
    /// The characters of the secret.
    const SECRET_CHARS: usize = 43;
    /// The longest text in which a token is looked for. A whole link with a token has less than half of that.
    const MAX_MANGLED_BYTES: usize = 1024;

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

    /// Finds the token in a text that a mail client mangled, if there is no doubt which it is.
    ///
    /// The form decides. A secret has exactly 43 characters and never ends in `-` or `_`; an id is UTF-8, so its base64url never
    /// begins with `-`, `_`, `3D` or `3d` (the rest of a quoted-printable equals sign). So a text that is a token already is read
    /// as it is, and a token that lost a character, or has another letter or digit in it, is never made up for.
    fn find(text: &str) -> Result<Self, Malformed> {
        if let Ok(token) = Self::parse(text) {
            return Ok(token);
        }
        if text.len() > Self::MAX_MANGLED_BYTES {
            return Err(Malformed::TOKEN);
        }
        Self::find_in(text).or_else(|_| Self::find_in(&unescaped(text)))
    }

    fn find_in(text: &str) -> Result<Self, Malformed> {
        let mut seen = Zeroizing::new(String::with_capacity(text.len()));
        seen.extend(text.chars().filter(|c| !is_unseen(*c)));
        // A whole link, as `Site` makes them.
        let mut after_name = seen.split("token=").skip(1);
        let rest = match (after_name.next(), after_name.next()) {
            (Some(rest), None) => rest,
            _ => &seen,
        };
        // An equals sign within a token is the mark of a broken line (RFC 2045); before or after one it separates.
        let mut joined = Zeroizing::new(String::with_capacity(rest.len()));
        joined.extend(rest.chars().filter(|c| *c != '='));
        Self::find_piece(&joined).or_else(|_| Self::find_piece(rest))
    }

    /// The one token among other characters.
    fn find_piece(text: &str) -> Result<Self, Malformed> {
        let in_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let read = |(dot, _): (usize, &str)| {
            let end = dot + 1 + Self::SECRET_CHARS;
            let (before, secret, after) = (text.get(..dot)?, text.get(dot..end)?, text.get(end..)?);
            let start = before.trim_end_matches(in_id).len();
            let id = before.get(start..)?.trim_start_matches(['-', '_']);
            let id = id.strip_prefix("3D").or(id.strip_prefix("3d")).unwrap_or(id);
            let more = after.starts_with(|c: char| c.is_ascii_alphanumeric());
            if more { None } else { Self::parse(&Zeroizing::new(format!("{id}{secret}"))).ok() }
        };
        let mut tokens = text.match_indices('.').filter_map(read);
        match (tokens.next(), tokens.next()) {
            (Some(token), None) => Ok(token),
            _ => Err(Malformed::TOKEN),
        }
    }

    fn expose(&self) -> String {
        format!("{}.{}", base64url::encode(self.user_id.as_str().as_bytes()), base64url::encode(self.secret.expose()))
    }
}

/// The text with what is left of quoted-printable (`=2E`) and of percent-encoding (`%2E`) decoded, if it is ASCII.
fn unescaped(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find(['=', '%']) {
        let (before, mark) = rest.split_at(at);
        let digits = mark.get(1..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(u8::is_ascii);
        plain.push_str(before);
        plain.push(byte.map_or(if mark.starts_with('=') { '=' } else { '%' }, char::from));
        rest = &mark[if byte.is_some() { 3 } else { 1 }..];
    }
    plain.push_str(rest);
    plain
}

/// A public token type around [`Token`].
macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(pub(crate) Token);

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
                Token::parse(text).map(Self)
            }
        }
    };
}

token! {
    /// The secret of a reset link. It is mailed, and valid for an hour or until used up.
    ///
    /// It does not implement serde traits, so that it cannot end up in a log or document by accident: take a `String` from the
    /// link and pass it to [`Auth::confirm_reset`](crate::Auth::confirm_reset), which parses it.
    ResetToken, "ResetToken"
}

token! {
    /// Represents the completed steps of a sign-in until the next one. It is valid for ten minutes and for its own next step
    /// only, and contains nothing derived from the password.
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
    /// else. Like [`Challenge`], it does not implement serde traits.
    DeviceToken, "DeviceToken"
}

parsed!(Challenge);
parsed!(DeviceToken);

impl ResetToken {
    /// Reads what a link brought along, mending what mail clients do to links; see [`Auth::read_reset_token`](crate::Auth::read_reset_token).
    ///
    /// # Errors
    /// [`Malformed`] if the text is damaged beyond that, which its form alone shows.
    pub(crate) fn from_link(text: &str) -> Result<Self, Malformed> {
        Token::find(text).map(Self)
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
