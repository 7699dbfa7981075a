use base64ct::{Base64Pbkdf2, Encoding};

use super::pbkdf2::{Pbkdf2, Prf};
use super::text::{self, SALT};

/// Parses passlib's own form of PBKDF2: the iterations have no `i=`, base64 has a dot in place of the plus sign, and a tag is
/// one output block.
pub(super) fn parse(text: &str) -> Option<Pbkdf2> {
    let ["", id, iterations, salt64, tag64] = text::fields(text)? else { return None };
    let prf = match id {
        "pbkdf2" => Prf::Sha1,
        "pbkdf2-sha256" => Prf::Sha256,
        "pbkdf2-sha512" => Prf::Sha512,
        _ => return None,
    };
    let salt = text::bytes::<Base64Pbkdf2>(salt64, SALT)?;
    let tag = text::bytes::<Base64Pbkdf2>(tag64, prf.bytes()..=prf.bytes())?;
    let hash = Pbkdf2::new(prf, iterations.parse().ok()?, salt, tag)?;
    (render(id, &hash) == text).then_some(hash)
}

fn render(id: &str, hash: &Pbkdf2) -> String {
    let (salt64, tag64) = (Base64Pbkdf2::encode_string(hash.salt()), Base64Pbkdf2::encode_string(hash.tag()));
    format!("${id}${}${salt64}${tag64}", hash.iterations())
}
