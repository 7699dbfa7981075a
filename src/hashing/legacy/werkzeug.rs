//! Werkzeug, which Flask uses. Hashes without an iteration count are not read: the count depends on the release.

use super::pbkdf2::{Pbkdf2, Prf};
use super::scrypt::{LONG_TAG_BYTES, Scrypt, ScryptCost};
use super::text;

/// Parses `pbkdf2:sha256:1000000$salt$digits`: the salt is text, the tag one output block.
pub(super) fn parse_pbkdf2(text: &str) -> Option<Pbkdf2> {
    let [method, salt, digits] = text::fields(text)?;
    let (name, iterations) = method.strip_prefix("pbkdf2:")?.split_once(':')?;
    let prf = match name {
        "sha1" => Prf::Sha1,
        "sha256" => Prf::Sha256,
        "sha512" => Prf::Sha512,
        _ => return None,
    };
    let tag = text::hex(digits, prf.bytes()..=prf.bytes())?;
    let hash = Pbkdf2::new(prf, iterations.parse().ok()?, text::salt(salt)?, tag)?;
    (format!("pbkdf2:{name}:{}${salt}${digits}", hash.iterations()) == text).then_some(hash)
}

/// Parses `scrypt:32768:8:1$salt$digits`.
pub(super) fn parse_scrypt(text: &str) -> Option<Scrypt> {
    let [method, salt, digits] = text::fields(text)?;
    let (n, rest) = method.strip_prefix("scrypt:")?.split_once(':')?;
    let (r, p) = rest.split_once(':')?;
    let cost = ScryptCost::from_n(n.parse().ok()?, r.parse().ok()?, p.parse().ok()?)?;
    let tag = text::hex(digits, LONG_TAG_BYTES..=LONG_TAG_BYTES)?;
    let rendered = format!("scrypt:{}:{}:{}${salt}${digits}", cost.n(), cost.r(), cost.p());
    (rendered == text).then(|| Some(Scrypt::new(cost, text::salt(salt)?, tag)))?
}
