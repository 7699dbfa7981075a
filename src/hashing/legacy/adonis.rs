//! AdonisJS, which writes PHC strings with names of its own.

use base64ct::{Base64Unpadded, Encoding};

use super::bcrypt::{self, Bcrypt};
use super::scrypt::{LONG_TAG_BYTES, Scrypt, ScryptCost};
use super::text::{self, SALT};

/// Parses `$bcrypt$v=98$r=10$salt$tag`: `v` is the letter of `2b`.
pub(super) fn parse_bcrypt(text: &str) -> Option<Bcrypt> {
    let ["", "bcrypt", "v=98", rounds, salt64, tag64] = text::fields(text)? else { return None };
    let log_rounds = rounds.strip_prefix("r=")?.parse().ok()?;
    let salt = text::array::<Base64Unpadded, { bcrypt::SALT_BYTES }>(salt64)?;
    let tag = text::array::<Base64Unpadded, { bcrypt::TAG_BYTES }>(tag64)?;
    let (salt64, tag64) = (Base64Unpadded::encode_string(&salt), Base64Unpadded::encode_string(&tag));
    let same = format!("$bcrypt$v=98$r={log_rounds}${salt64}${tag64}") == text;
    same.then(|| Bcrypt::of_password(log_rounds, salt, tag))?
}

/// Parses `$scrypt$n=16384,r=8,p=1$salt$tag`.
pub(super) fn parse_scrypt(text: &str) -> Option<Scrypt> {
    let ["", "scrypt", params, salt64, tag64] = text::fields(text)? else { return None };
    let (n, rest) = params.strip_prefix("n=")?.split_once(",r=")?;
    let (r, p) = rest.split_once(",p=")?;
    let cost = ScryptCost::from_n(n.parse().ok()?, r.parse().ok()?, p.parse().ok()?)?;
    let salt = text::bytes::<Base64Unpadded>(salt64, SALT)?;
    let tag = text::bytes::<Base64Unpadded>(tag64, LONG_TAG_BYTES..=LONG_TAG_BYTES)?;
    let (salt64, tag64) = (Base64Unpadded::encode_string(&salt), Base64Unpadded::encode_string(&tag));
    let rendered = format!("$scrypt$n={},r={},p={}${salt64}${tag64}", cost.n(), cost.r(), cost.p());
    (rendered == text).then(|| Scrypt::new(cost, salt, tag))
}
