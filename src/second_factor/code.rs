//! Second-factor codes as typed, and recovery codes.

use zeroize::Zeroizing;

use crate::types::{as_shown, grouped_base32, redacted_debug, typed_leniently};

/// Not a well-formed code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct MalformedCode;

/// A code as the user typed it.
///
/// It is the number that it [shows](as_shown). Anything else that is not a digit or a character of a recovery code is malformed.
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
        // A recovery code of four-byte digits with a few invisible characters at each.
        const MAX_BYTES: usize = 1024;
        if typed.len() > MAX_BYTES {
            return Err(MalformedCode);
        }
        // Only recovery codes accept an O for a zero.
        let shown = as_shown(typed);
        if matches!(shown.len(), 6 | 8) && shown.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Authenticator(shown));
        }
        let canonical = typed_leniently(typed);
        match canonical.len() {
            RecoveryCodes::CHARACTERS if canonical.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Ok(Self::Recovery(canonical))
            }
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
    fn a_code_is_the_number_it_shows() {
        let shown = [
            "123456",
            "123 456",
            "123-456",
            " 12 34 56 ",
            "123\u{2013}456",
            "1\u{a0}23456",
            "123.456",
            "123456.",
            "\u{b7}123\u{b7}456",
            "\u{201c}123 456\u{201d},",
            "1\u{feff}23456",
            "\u{202a}123456\u{202c}",
            "1\u{200b}2\u{200b}3\u{ad}4\u{2060}5\u{fe0f}6\r\n",
            "\u{ff11}\u{ff12}\u{ff13}\u{3000}\u{ff14}\u{ff15}\u{ff16}",
            "\u{ff11}\u{ff12}\u{ff13}\u{ff0d}\u{ff14}\u{ff15}\u{ff16}\u{3002}",
            "\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}",
            "\u{200f}\u{6f1}\u{6f2}\u{6f3}\u{66c}\u{6f4}\u{6f5}\u{6f6}\u{200f}",
            "\u{967}\u{968}\u{969}\u{96a}\u{96b}\u{96c}",
            "\u{1d7cf}\u{1d7da}\u{1d7e5}\u{1d7f0}\u{1d7fb}6",
        ];
        for typed in shown {
            assert_eq!(digits(typed).as_deref(), Some("123456"), "{typed:?}");
        }
        assert_eq!(digits("0012 3456").as_deref(), Some("00123456"), "leading zeros count");
        let malformed = [
            "",
            "12345",
            "1234567",
            "123456789",
            "+123456",
            "-1234x",
            "12345.",
            "0x1234",
            "12345O",
            "l23456",
            "\u{ff2f}23456",
            "1\u{301}23456",
            "123_456",
            "\u{b9}23456",
            "\u{2460}23456",
            "\u{4e00}23456",
            "1\u{20e3}23456",
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
        let full_width = |c: char| char::from_u32(u32::from(c) - 0x21 + 0xff01).unwrap();
        let spread: String = first.chars().flat_map(|c| [full_width(c), '\u{200b}', '\u{202c}']).collect();
        assert_eq!(canonical(first), canonical(&spread), "full-width letters and digits, with invisible characters");
        assert!(TypedCode::parse(&first[1..]).is_err());
    }
}
