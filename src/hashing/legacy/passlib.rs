use base64ct::{Base64Pbkdf2, Encoding};

use super::bcrypt::{self, Bcrypt, BcryptInput};
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

/// Parses passlib's bcrypt over SHA-256, which has two versions: `$bcrypt-sha256$v=2,t=2b,r=12$salt$tag` and, without a key,
/// `$bcrypt-sha256$2b,12$salt$tag`.
pub(super) fn parse_bcrypt(text: &str) -> Option<Bcrypt> {
    let ["", "bcrypt-sha256", params, salt, tag] = text::fields(text)? else { return None };
    let (input, version, log_rounds) = match params.strip_prefix("v=2,t=") {
        Some(rest) => {
            let (version, log_rounds) = rest.split_once(",r=")?;
            (BcryptInput::HmacSha256, version, log_rounds)
        }
        None => {
            let (version, log_rounds) = params.split_once(',')?;
            (BcryptInput::Sha256, version, log_rounds)
        }
    };
    let number: u8 = log_rounds.parse().ok()?;
    // The salt has 22 letters, which the bcrypt text does not delimit.
    let exact = matches!(version, "2a" | "2b") && number.to_string() == log_rounds && salt.len() == 22;
    exact.then(|| bcrypt::parse(&format!("${version}${number:02}${salt}{tag}"), input))?
}
