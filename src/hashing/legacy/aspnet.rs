use base64ct::{Base64, Encoding};

use super::pbkdf2::{Pbkdf2, Prf};
use super::text::{MAX_BYTES, SALT};

/// The first byte of the third format.
const FORMAT: u8 = 1;
/// The format byte, then hash function, iterations and salt length as big-endian words.
const HEADER_BYTES: usize = 13;
/// The length that Identity writes. No other is accepted: the blob does not state the length of its tag, so truncation could
/// not be detected otherwise.
const TAG_BYTES: usize = 32;

/// Parses ASP.NET Identity's third format: base64 of the header, the salt and, to the end, the tag.
pub(super) fn parse(text: &str) -> Option<Pbkdf2> {
    let mut buffer = [0; HEADER_BYTES + MAX_BYTES + TAG_BYTES];
    let mut rest = Base64::decode(text, &mut buffer).ok()?.strip_prefix(&[FORMAT])?;
    let mut word = || {
        let (word, after) = rest.split_first_chunk()?;
        rest = after;
        Some(u32::from_be_bytes(*word))
    };
    let (prf_number, iterations, salt_bytes) = (word()?, word()?, word()?);
    let prf = match prf_number {
        0 => Prf::Sha1,
        1 => Prf::Sha256,
        2 => Prf::Sha512,
        _ => return None,
    };
    let (salt, tag) = rest.split_at_checked(usize::try_from(salt_bytes).ok()?)?;
    if !SALT.contains(&salt.len()) || tag.len() != TAG_BYTES {
        return None;
    }
    let hash = Pbkdf2::new(prf, iterations, salt.into(), tag.into())?;
    (render(prf_number, salt_bytes, &hash) == text).then_some(hash)
}

fn render(prf_number: u32, salt_bytes: u32, hash: &Pbkdf2) -> String {
    let mut blob = vec![FORMAT];
    for word in [prf_number, hash.iterations(), salt_bytes] {
        blob.extend(word.to_be_bytes());
    }
    blob.extend(hash.salt());
    blob.extend(hash.tag());
    Base64::encode_string(&blob)
}
