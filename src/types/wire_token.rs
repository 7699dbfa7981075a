//! The text form of tokens: `base64url(holder) "." base64url(secret)`, and what mail clients make of it.
//!
//! The holder is the user's id: in clear, or sealed if the host has keys (`crypto`), which makes it as long for every id. A link of
//! somebody who has no account yet carries sealed content in its place. The first byte tells which. Only the form is looked at here;
//! whether the seal opens shows later.

use std::sync::Arc;

use zeroize::{Zeroize, Zeroizing};

use super::base64url;
use super::id::UserId;
use super::malformed::Malformed;
use super::secret::SecretBytes;
use super::typed::is_unseen;

/// A token as it travels.
#[derive(Clone)]
pub(crate) struct WireToken {
    pub(crate) holder: Holder,
    pub(crate) secret: SecretBytes<32>,
}

/// Whose token it is.
#[derive(Clone)]
pub(crate) enum Holder {
    Clear(UserId),
    Sealed(Arc<SealedHolder>),
    /// No user: all that the link stands for.
    Content(Arc<[u8]>),
}

/// An id filled up to its greatest length, and a tag of 16 bytes.
pub(crate) type SealedHolder = [u8; UserId::MAX_BYTES + 16];

impl WireToken {
    /// The longest sealed content: an address, the host's own value and a few dozen bytes.
    pub(crate) const MAX_CONTENT_BYTES: usize = 1_152;
    /// The characters of the secret.
    const SECRET_CHARS: usize = 43;

    pub(super) fn parse(text: &str, of: HeldBy) -> Result<Self, Malformed> {
        if text.len() > of.longest() {
            return Err(Malformed::TOKEN);
        }
        let (holder, secret) = text.split_once('.').ok_or(Malformed::TOKEN)?;
        let holder = base64url::decode(holder).and_then(Holder::from_bytes).ok_or(Malformed::TOKEN)?;
        if matches!(holder, Holder::Content(_)) != (of == HeldBy::Nobody) {
            return Err(Malformed::TOKEN);
        }
        let mut bytes = base64url::decode_array::<32>(secret).ok_or(Malformed::TOKEN)?;
        let token = Self { holder, secret: SecretBytes::new(bytes) };
        bytes.zeroize();
        Ok(token)
    }

    /// Finds the token in a text that a mail client mangled, if there is no doubt which it is.
    ///
    /// The form decides. A secret has exactly 43 characters and never ends in `-` or `_`; an id is UTF-8, and a sealed one begins with
    /// a byte of its own, so the base64url of neither begins with `-`, `_`, `3D` or `3d` (the rest of a quoted-printable equals
    /// sign). So a text that is a token already is read as it is, and a token that lost a character, or has another letter or digit in
    /// it, is never made up for.
    pub(super) fn find(text: &str, of: HeldBy) -> Result<Self, Malformed> {
        if let Ok(token) = Self::parse(text, of) {
            return Ok(token);
        }
        if text.len() > of.longest_mangled() {
            return Err(Malformed::TOKEN);
        }
        Self::find_in(text, of).or_else(|_| Self::find_in(&unescaped(text), of))
    }

    fn find_in(text: &str, of: HeldBy) -> Result<Self, Malformed> {
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
        Self::find_piece(&joined, of).or_else(|_| Self::find_piece(rest, of))
    }

    /// The one token among other characters.
    fn find_piece(text: &str, of: HeldBy) -> Result<Self, Malformed> {
        let in_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let read = |(dot, _): (usize, &str)| {
            let end = dot + 1 + Self::SECRET_CHARS;
            let (before, secret, after) = (text.get(..dot)?, text.get(dot..end)?, text.get(end..)?);
            let start = before.trim_end_matches(in_id).len();
            let holder = before.get(start..)?.trim_start_matches(['-', '_']);
            let holder = holder.strip_prefix("3D").or(holder.strip_prefix("3d")).unwrap_or(holder);
            // A dash may stand behind a link. Letters behind it mean that the secret began elsewhere, or is longer.
            let more = after.trim_start_matches(['-', '_']).starts_with(|c: char| c.is_ascii_alphanumeric());
            if more { None } else { Self::parse(&Zeroizing::new(format!("{holder}{secret}")), of).ok() }
        };
        let mut tokens = text.match_indices('.').filter_map(read);
        match (tokens.next(), tokens.next()) {
            (Some(token), None) => Ok(token),
            _ => Err(Malformed::TOKEN),
        }
    }

    pub(super) fn expose(&self) -> String {
        format!("{}.{}", base64url::encode(&self.holder.to_bytes()), base64url::encode(self.secret.expose()))
    }
}

/// Whose tokens are read.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum HeldBy {
    User,
    Nobody,
}

impl HeldBy {
    /// The longest text of a token: 145 bytes of a sealed holder, or the longest content with its version byte, and 32 bytes of secret
    /// in base64url, plus the dot.
    fn longest(self) -> usize {
        let holder = match self {
            Self::User => 194,
            Self::Nobody => (1 + WireToken::MAX_CONTENT_BYTES).div_ceil(3) * 4,
        };
        holder + 1 + WireToken::SECRET_CHARS
    }

    /// The longest text in which a token is looked for. A whole link with a token has less than half of that.
    fn longest_mangled(self) -> usize {
        match self {
            Self::User => 1024,
            Self::Nobody => 4096,
        }
    }
}

impl Holder {
    /// The first of the bytes of a sealed holder: the version of the form. No id begins with a control character.
    const SEALED: u8 = 1;
    const CONTENT: u8 = 2;

    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        match bytes.split_first() {
            Some((&Self::SEALED, sealed)) => Some(Self::Sealed(Arc::new(sealed.try_into().ok()?))),
            Some((&Self::CONTENT, content)) => Some(Self::Content(content.into())),
            _ => UserId::parse(&String::from_utf8(bytes).ok()?).ok().map(Self::Clear),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Clear(id) => id.as_str().as_bytes().to_vec(),
            Self::Sealed(sealed) => [&[Self::SEALED], &sealed[..]].concat(),
            Self::Content(content) => [&[Self::CONTENT], &content[..]].concat(),
        }
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
