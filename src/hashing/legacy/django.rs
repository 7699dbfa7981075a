use base64ct::{Base64, Encoding};

use super::bcrypt::{self, Bcrypt, BcryptInput};
use super::pbkdf2::{Pbkdf2, Prf};
use super::scrypt::{LONG_TAG_BYTES, Scrypt, ScryptCost};
use super::text;

/// Parses Django's form of PBKDF2: the salt is text whose bytes are used, and a tag is one output block.
pub(super) fn parse_pbkdf2(text: &str) -> Option<Pbkdf2> {
    let [id, iterations, salt, tag64] = text::fields(text)?;
    let prf = match id {
        "pbkdf2_sha1" => Prf::Sha1,
        "pbkdf2_sha256" => Prf::Sha256,
        _ => return None,
    };
    let tag = text::bytes::<Base64>(tag64, prf.bytes()..=prf.bytes())?;
    let hash = Pbkdf2::new(prf, iterations.parse().ok()?, text::salt(salt)?, tag)?;
    let rendered = format!("{id}${}${salt}${}", hash.iterations(), Base64::encode_string(hash.tag()));
    (rendered == text).then_some(hash)
}

/// Parses Django's bcrypt, over SHA-256 or of the password itself: its name, then bcrypt's complete own form, which also begins
/// with a dollar sign.
pub(super) fn parse_bcrypt(text: &str) -> Option<Bcrypt> {
    match text.strip_prefix("bcrypt_sha256$") {
        Some(own) => bcrypt::parse(own, BcryptInput::HexSha256),
        None => bcrypt::parse(text.strip_prefix("bcrypt$")?, BcryptInput::Password),
    }
}

/// Parses Django's form of scrypt: `N` itself, then the salt as text, then `r` and `p`.
pub(super) fn parse_scrypt(text: &str) -> Option<Scrypt> {
    let ["scrypt", n, salt, r, p, tag64] = text::fields(text)? else { return None };
    let cost = ScryptCost::from_n(n.parse().ok()?, r.parse().ok()?, p.parse().ok()?)?;
    let tag = text::bytes::<Base64>(tag64, LONG_TAG_BYTES..=LONG_TAG_BYTES)?;
    let hash = Scrypt::new(cost, text::salt(salt)?, tag);
    let tag64 = Base64::encode_string(hash.tag());
    (format!("scrypt${}${salt}${}${}${tag64}", cost.n(), cost.r(), cost.p()) == text).then_some(hash)
}
