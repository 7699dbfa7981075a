//! Spring Security's `DelegatingPasswordEncoder`, which puts the name of an encoder in braces before its text. Read are the
//! encoders with the settings that `PasswordEncoderFactories` gives them; only bcrypt and Argon2 say theirs in the text.

use base64ct::{Base64, Encoding};

use super::bcrypt::{self, Bcrypt, BcryptInput};
use super::pbkdf2::{Pbkdf2, Prf};
use super::scrypt::{Scrypt, ScryptCost, TAG_BYTES};
use super::text::{self, SALT};

/// Both releases of the encoder write 256 bits.
const PBKDF2_TAG_BYTES: usize = 32;

pub(super) fn parse_bcrypt(text: &str) -> Option<Bcrypt> {
    bcrypt::parse(text.strip_prefix("{bcrypt}")?, BcryptInput::Password)
}

/// Parses the hexadecimal digits of salt and tag.
pub(super) fn parse_pbkdf2(text: &str) -> Option<Pbkdf2> {
    let (prf, iterations, salt_bytes, digits) = match text.strip_prefix("{pbkdf2@SpringSecurity_v5_8}") {
        Some(digits) => (Prf::Sha256, 310_000, 16, digits),
        None => (Prf::Sha1, 185_000, 8, text.strip_prefix("{pbkdf2}")?),
    };
    let both = salt_bytes + PBKDF2_TAG_BYTES;
    let bytes = text::hex(digits, both..=both)?;
    let (salt, tag) = bytes.split_at(salt_bytes);
    Pbkdf2::new(prf, iterations, salt.into(), tag.into())
}

/// Parses `$e0801$salt$tag`: the parameters are one number in hexadecimal digits, `log2(N)` before 8 bits each of `r` and `p`.
pub(super) fn parse_scrypt(text: &str) -> Option<Scrypt> {
    let own = text.strip_prefix("{scrypt@SpringSecurity_v5_8}").or_else(|| text.strip_prefix("{scrypt}"))?;
    let ["", params, salt64, tag64] = text::fields(own)? else { return None };
    let number = u32::from_str_radix(params, 16).ok()?;
    let (log_n, r, p) = (number >> 16, number >> 8 & 0xff, number & 0xff);
    let cost = ScryptCost::new(u8::try_from(log_n).ok()?, r, p)?;
    let salt = text::bytes::<Base64>(salt64, SALT)?;
    let tag = text::bytes::<Base64>(tag64, TAG_BYTES..=TAG_BYTES)?;
    let hash = Scrypt::new(cost, salt, tag);
    let (salt64, tag64) = (Base64::encode_string(hash.salt()), Base64::encode_string(hash.tag()));
    (format!("${number:x}${salt64}${tag64}") == own).then_some(hash)
}
