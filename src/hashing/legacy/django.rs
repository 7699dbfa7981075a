use base64ct::{Base64, Encoding};

use super::bcrypt::{self, Bcrypt};
use super::pbkdf2::{Pbkdf2, Prf};
use super::text::{self, SALT};

/// Parses Django's form of PBKDF2: the salt is text whose bytes are used, and a tag is one output block.
pub(super) fn parse_pbkdf2(text: &str) -> Option<Pbkdf2> {
    let [id, iterations, salt, tag64] = text::fields(text)?;
    let prf = match id {
        "pbkdf2_sha1" => Prf::Sha1,
        "pbkdf2_sha256" => Prf::Sha256,
        _ => return None,
    };
    // Django draws letters and digits. Other visible characters are unambiguous too; invisible ones mean the text was damaged.
    let clear = SALT.contains(&salt.len()) && salt.bytes().all(|byte| byte.is_ascii_graphic());
    if !clear {
        return None;
    }
    let tag = text::bytes::<Base64>(tag64, prf.bytes()..=prf.bytes())?;
    let hash = Pbkdf2::new(prf, iterations.parse().ok()?, salt.as_bytes().into(), tag)?;
    let rendered = format!("{id}${}${salt}${}", hash.iterations(), Base64::encode_string(hash.tag()));
    (rendered == text).then_some(hash)
}

/// Parses Django's bcrypt over SHA-256: its name, then bcrypt's complete own form, which also begins with a dollar sign.
pub(super) fn parse_bcrypt(text: &str) -> Option<Bcrypt> {
    bcrypt::parse(text.strip_prefix("bcrypt_sha256$")?, true)
}
