//! Base64url without padding (RFC 4648 section 5), in which every id and token of this crate is written.

use base64ct::{Base64UrlUnpadded, Encoding};

/// Writes bytes as base64url.
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads base64url, and only the one spelling that [`encode`] would have written.
///
/// A text whose unused last bits are set, that is padded or that holds any other character is refused: one value has
/// one text, so nothing can be re-spelled and counted as something new.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
    (encode(&bytes) == text).then_some(bytes)
}

/// [`decode`] for a text that must hold exactly `N` bytes.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}
