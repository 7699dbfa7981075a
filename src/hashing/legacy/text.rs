//! The pieces that the text forms are made of.
//!
//! Reading is bounded here and no stricter than its library: every parser writes its fields anew and compares, so a
//! leading zero, a plus sign or a stray bit at the end of a base64 text is found there.

use core::ops::RangeInclusive;

use base64ct::Encoding;

/// The most bytes that a salt or a tag may have.
pub(super) const MAX_BYTES: usize = 64;
/// Lengths of salts. Every system in question draws 12 characters or 16 bytes or more; below 8, salts of strangers begin
/// to collide.
pub(super) const SALT: RangeInclusive<usize> = 8..=MAX_BYTES;
/// Lengths of tags. Below 16 bytes a wrong password might pass by chance within reach of a determined guesser.
pub(super) const TAG: RangeInclusive<usize> = 16..=MAX_BYTES;

/// The fields between dollar signs, if there are exactly so many.
pub(super) fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    let mut fields = [""; N];
    let mut parts = text.split('$');
    for field in &mut fields {
        *field = parts.next()?;
    }
    parts.next().is_none().then_some(fields)
}

/// The bytes of a base64 text that has exactly so many.
pub(super) fn array<E: Encoding, const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut array = [0; N];
    let written = E::decode(text, &mut array).ok()?.len();
    (written == N).then_some(array)
}

/// The bytes of a base64 text. The buffer bounds them before anything is allocated.
pub(super) fn bytes<E: Encoding>(text: &str, lengths: RangeInclusive<usize>) -> Option<Box<[u8]>> {
    let mut buffer = [0; MAX_BYTES];
    let bytes = E::decode(text, &mut buffer).ok()?;
    lengths.contains(&bytes.len()).then(|| bytes.into())
}
