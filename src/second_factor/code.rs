//! Second-factor codes as typed, and recovery codes.

use zeroize::Zeroizing;

use crate::types::{grouped_base32, redacted_debug, typed_leniently};

/// Not a well-formed code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct MalformedCode;

/// A code as the user typed it.
///
/// Spaces and dashes are dropped. Anything else that is not an ASCII digit or a character of a recovery code is malformed;
/// full-width digits and signs never match.
#[derive(Clone)]
pub(crate) enum TypedCode {
    /// Six or eight digits.
    Authenticator(Zeroizing<String>),
    /// A recovery code, reduced to its canonical spelling.
    Recovery(Zeroizing<String>),
}

redacted_debug!(TypedCode => "TypedCode", RecoveryCodes => "RecoveryCodes");

impl TypedCode {
    pub(crate) fn parse(typed: &str) -> Result<Self, MalformedCode> {
        // A recovery code in groups, with room for spaces.
        const MAX_BYTES: usize = 128;
        if typed.len() > MAX_BYTES {
            return Err(MalformedCode);
        }
        let canonical = typed_leniently(typed);
        let bytes = canonical.as_bytes();
        // Judged on the raw text, since only recovery codes accept an O for a zero.
        let digits = typed.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || !c.is_alphanumeric());
        match bytes.len() {
            6 | 8 if digits && bytes.iter().all(u8::is_ascii_digit) => Ok(Self::Authenticator(canonical)),
            RecoveryCodes::CHARACTERS if bytes.iter().all(u8::is_ascii_alphanumeric) => Ok(Self::Recovery(canonical)),
            _ => Err(MalformedCode),
        }
    }
}

/// Recovery codes, each of which works once in place of a lost authenticator: 24 characters of Crockford's base32 (120 random
/// bits) in groups of four. Typing them is as forgiving as with a temporary password.
///
/// They are shown once and stored as digests. `Debug` reveals nothing of them.
#[derive(Clone)]
#[must_use = "the codes are never shown again, and earlier ones are no longer valid: show them to the user"]
pub struct RecoveryCodes(Vec<Zeroizing<String>>);

impl RecoveryCodes {
    /// The number of codes.
    pub const COUNT: usize = 10;
    /// The number of characters in each, without dashes.
    pub(crate) const CHARACTERS: usize = 24;

    /// The number of random bytes they are made from.
    pub(crate) const RANDOM_BYTES: usize = Self::COUNT * Self::CHARACTERS;

    /// Encodes five bits of each random byte as codes.
    pub(crate) fn from_random(random: &[u8; Self::RANDOM_BYTES]) -> Self {
        Self(random.chunks(Self::CHARACTERS).map(grouped_base32).collect())
    }

    /// The texts to show or offer for download. **These are the secrets themselves.**
    pub fn expose(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|code| code.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(typed: &str) -> Option<String> {
        match TypedCode::parse(typed) {
            Ok(TypedCode::Authenticator(code)) => Some(code.to_string()),
            _ => None,
        }
    }

    #[test]
    fn spaces_and_dashes_in_a_code_are_dropped_and_nothing_else() {
        for typed in ["123456", "123 456", "123-456", " 12 34 56 ", "123\u{2013}456", "1\u{a0}23456"] {
            assert_eq!(digits(typed).as_deref(), Some("123456"), "{typed:?}");
        }
        assert_eq!(digits("0012 3456").as_deref(), Some("00123456"), "leading zeros count");
        let malformed = [
            "",
            "12345",
            "1234567",
            "123456789",
            "+12345",
            "-1234x",
            "12345.6",
            "0x1234",
            "12345O",
            "l23456",
            "\u{ff11}23456",
            "\u{0661}23456",
            "1\u{feff}23456",
            "1\u{301}23456",
            "123_456",
        ];
        for typed in malformed {
            assert_eq!(digits(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn a_recovery_code_is_typed_as_forgivingly_as_a_temporary_password() {
        let codes = RecoveryCodes::from_random(&core::array::from_fn(|index| index as u8));
        assert_eq!(codes.expose().count(), RecoveryCodes::COUNT);
        let first = codes.expose().next().unwrap();
        let canonical = |typed: &str| match TypedCode::parse(typed) {
            Ok(TypedCode::Recovery(code)) => code.to_string(),
            _ => panic!("{typed} is a recovery code"),
        };
        let forgiven = first.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "i");
        assert_eq!(canonical(first), canonical(&forgiven));
        assert!(TypedCode::parse(&first[1..]).is_err());
    }
}
