//! Helpers for parsing the text forms.
//!
//! These check bounds but are otherwise as lenient as their libraries. Every parser renders its fields and compares, which
//! catches leading zeros, plus signs and stray bits at the end of base64 text.

use core::ops::RangeInclusive;

use base64ct::Encoding;

/// The maximum length of a salt or a tag, in bytes.
pub(super) const MAX_BYTES: usize = 64;
/// Lengths of salts. All these systems draw 12 characters, 16 bytes or more; below 8, the salts of different users start to
/// collide.
pub(super) const SALT: RangeInclusive<usize> = 8..=MAX_BYTES;
/// Lengths of tags. Below 16 bytes a wrong password could match by chance within reach of a determined attacker.
pub(super) const TAG: RangeInclusive<usize> = 16..=MAX_BYTES;

/// The fields between dollar signs, if there are exactly `N`.
pub(super) fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    let mut fields = [""; N];
    let mut parts = text.split('$');
    for field in &mut fields {
        *field = parts.next()?;
    }
    parts.next().is_none().then_some(fields)
}

/// The bytes of a base64 text, if there are exactly `N`.
pub(super) fn array<E: Encoding, const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut array = [0; N];
    let written = E::decode(text, &mut array).ok()?.len();
    (written == N).then_some(array)
}

/// The bytes of a base64 text. The buffer bounds their number before anything is allocated.
pub(super) fn bytes<E: Encoding>(text: &str, lengths: RangeInclusive<usize>) -> Option<Box<[u8]>> {
    let mut buffer = [0; MAX_BYTES];
    let bytes = E::decode(text, &mut buffer).ok()?;
    lengths.contains(&bytes.len()).then(|| bytes.into())
}

/// The bytes of lower-case hexadecimal digits.
pub(super) fn hex(text: &str, lengths: RangeInclusive<usize>) -> Option<Box<[u8]>> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !digits || !text.len().is_multiple_of(2) || !lengths.contains(&(text.len() / 2)) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A salt that is text, whose bytes are used. Systems draw letters and digits. Other visible characters are unambiguous too;
/// invisible ones mean the text was damaged.
pub(super) fn salt(text: &str) -> Option<Box<[u8]>> {
    let clear = SALT.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    clear.then(|| text.as_bytes().into())
}
