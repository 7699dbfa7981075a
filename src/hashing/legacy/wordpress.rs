//! WordPress: phpass before 6.8, bcrypt of an HMAC since.

use zeroize::Zeroizing;

use super::bcrypt::{self, Bcrypt, BcryptInput};

/// Parses `$wp$2y$10$…`.
pub(super) fn parse(text: &str) -> Option<Bcrypt> {
    bcrypt::parse(text.strip_prefix("$wp").filter(|own| own.starts_with("$2y$"))?, BcryptInput::WordPress)
}

/// The text with a backslash before quotes, backslashes and NUL, as PHP's `addslashes` writes it; `None` if that changes nothing.
///
/// WordPress puts these into every form that it receives, and `wp_signon` does not take them out, so it hashes such a password
/// with them. A password that was set in another way, as by its command line, is hashed without.
pub(super) fn slashed(typed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let special = typed.iter().any(|byte| matches!(byte, b'\'' | b'"' | b'\\' | 0));
    special.then(|| {
        let mut text = Zeroizing::new(Vec::with_capacity(2 * typed.len()));
        for byte in typed {
            match byte {
                0 => text.extend(b"\\0"),
                b'\'' | b'"' | b'\\' => text.extend([b'\\', *byte]),
                other => text.push(*other),
            }
        }
        text
    })
}
