//! Base64url without padding (RFC 4648 section 5): the text form of every id and token of this crate.

use base64ct::{Base64UrlUnpadded, Encoding};

/// Encodes bytes as base64url.
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Decodes base64url, accepting only the one spelling that [`encode`] produces.
///
/// Rejects text that has unused trailing bits set, is padded or contains any other character. Each value has exactly one text,
/// so nothing can be re-spelled to count as something new.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// [`decode`] for a text that must encode exactly `N` bytes.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    match Base64UrlUnpadded::decode(text, &mut bytes) {
        Ok(decoded) if decoded.len() == N => Some(bytes),
        _ => None,
    }
}
