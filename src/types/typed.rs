//! What people type and paste: which characters nobody sees, and what a code shows.
//!
//! Everything is decided by Unicode properties, so that characters of later Unicode versions are covered too.

use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, PrependedConcatenationMark, WhiteSpace,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use zeroize::Zeroizing;

/// Whether nobody sees the character: white space, controls, ignorables (zero-width characters, soft hyphens, variation selectors,
/// bidirectional controls), and format characters apart from the few that are drawn, such as the Arabic number sign.
///
/// No property names the two symbols that are blank by design: the empty Braille pattern and the musical null notehead.
pub(crate) fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_control();
    }
    let hidden_format = || !CodePointSetData::new::<PrependedConcatenationMark>().contains(c);
    let by_category = match CodePointMapData::<GeneralCategory>::new().get(c) {
        GeneralCategory::Control => true,
        GeneralCategory::Format => hidden_format(),
        _ => false,
    };
    by_category
        || CodePointSetData::new::<WhiteSpace>().contains(c)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(c, '\u{2800}' | '\u{1d159}')
}

/// The text without the unseen characters around it.
pub(crate) fn trimmed(typed: &str) -> &str {
    typed.trim_matches(is_unseen)
}

/// The digits and letters that a typed code shows, in ASCII where they have such a form. All codes that people type (of an
/// authenticator, recovery codes and temporary passwords) are read this way, and no other.
///
/// Decimal digits of every script become ASCII digits, and full-width characters their ASCII twins: an input method for Japanese
/// types a whole code that way. Unseen characters are dropped, and so are dashes, dots and other punctuation, which separate groups
/// or stand around what is copied. Everything else is kept, so that it makes the code wrong or malformed: letters and numbers of
/// other kinds (superscripts, circled and Roman numerals), marks, symbols and underscores.
pub(crate) fn as_shown(typed: &str) -> Zeroizing<String> {
    // No character grows, so the buffer is never moved and leaves no copy behind.
    let mut shown = Zeroizing::new(String::with_capacity(typed.len()));
    let halved = typed.chars().filter(|c| !is_unseen(*c)).map(half_width).filter(|c| !separates(*c));
    shown.extend(halved.map(|c| decimal_digit(c).unwrap_or(c)));
    shown
}

/// The block of full-width forms repeats printable ASCII in order.
fn half_width(c: char) -> char {
    const FROM_ASCII: u32 = 0xff01 - '!' as u32;
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - FROM_ASCII).unwrap_or(c),
        other => other,
    }
}

/// Punctuation of all kinds but the connecting one. The minus sign and two dots are mathematical symbols.
fn separates(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let punctuation = GeneralCategoryGroup::Punctuation.contains(category);
    punctuation && category != GeneralCategory::ConnectorPunctuation
        || matches!(c, '\u{2212}' | '\u{2219}' | '\u{22c5}')
}

/// The ASCII form of a decimal digit of any script.
///
/// Unicode guarantees that such digits come in unbroken runs from 0 to 9 (stability policy, "Numeric_Type=Decimal"), so the place
/// within a run is the value. Runs may touch: there are five of mathematical digits.
fn decimal_digit(c: char) -> Option<char> {
    let is_decimal =
        |code: u32| CodePointMapData::<GeneralCategory>::new().get32(code) == GeneralCategory::DecimalNumber;
    let code = c as u32;
    if c.is_ascii() || !is_decimal(code) {
        return c.is_ascii_digit().then_some(c);
    }
    let before = (1..=code).take_while(|back| is_decimal(code - back)).count();
    char::from_digit((before % 10) as u32, 10)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn shown(typed: &str) -> String {
        as_shown(typed).to_string()
    }

    /// The list was made by Python's `unicodedata`, which is not derived from the library used here.
    #[test]
    fn decimal_digits_of_every_script_are_the_number_they_show() {
        let zeros: Vec<u32> = serde_json::from_str(include_str!("../../tests/data/decimal_zeros.json")).unwrap();
        for zero in &zeros {
            for value in 0..10 {
                let digit = char::from_u32(zero + value).unwrap();
                assert_eq!(shown(&digit.to_string()), value.to_string(), "U+{:04X}", u32::from(digit));
            }
        }
        assert!(zeros.len() >= 66, "{}", zeros.len());
    }

    #[test]
    fn nothing_but_decimal_digits_becomes_a_digit_and_nothing_but_full_width_letters_a_letter() {
        let mut values = BTreeMap::<char, usize>::new();
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let text = shown(&c.to_string());
            let category = CodePointMapData::<GeneralCategory>::new().get(c);
            if category == GeneralCategory::DecimalNumber {
                *values.entry(text.chars().next().expect("a digit is kept")).or_default() += 1;
            } else {
                assert!(!text.contains(|c: char| c.is_ascii_digit()), "U+{:04X} shows no digit", u32::from(c));
            }
            let letter = matches!(c, 'A'..='Z' | 'a'..='z' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}');
            assert_eq!(text.contains(|c: char| c.is_ascii_alphabetic()), letter, "U+{:04X}", u32::from(c));
        }
        // As many of each value: a run that is not one of ten would show here.
        let counts: Vec<usize> = values.values().copied().collect();
        assert_eq!(values.keys().collect::<String>(), "0123456789");
        assert!(counts[0] >= 66 && counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    }

    /// Two texts are one code only if they show the same digits and letters, whatever is around, between and behind them.
    #[test]
    fn two_codes_are_one_only_if_they_show_the_same() {
        let zeros: Vec<u32> = serde_json::from_str(include_str!("../../tests/data/decimal_zeros.json")).unwrap();
        let noise = ["", "", "", "\u{200b}", " ", "-", ".", "\u{3000}", "\u{202b}", "\u{b7}", "\u{fe0f}", "\u{2212}"];
        // A fixed sequence that looks random (an LCG by Knuth), so that a failure comes again.
        let mut state = 1_u64;
        let mut pick = |count: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % count
        };
        for _ in 0..5_000 {
            let digits: Vec<u32> = (0..6).map(|_| pick(10) as u32).collect();
            let mut typed = noise[pick(noise.len())].to_owned();
            for digit in &digits {
                typed.extend(char::from_u32(zeros[pick(zeros.len())] + digit));
                typed.push_str(noise[pick(noise.len())]);
            }
            let expected: String = digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
            assert_eq!(shown(&typed), expected, "{typed:?}");
            assert_eq!(shown(&shown(&typed)), expected, "reading twice changes nothing");
        }
    }

    #[test]
    fn characters_nobody_sees_are_those_and_no_others() {
        let unseen = [
            '\0',
            '\t',
            '\n',
            '\r',
            ' ',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1680}',
            '\u{17b4}',
            '\u{180e}',
            '\u{2003}',
            '\u{200b}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{202a}',
            '\u{202c}',
            '\u{202e}',
            '\u{202f}',
            '\u{205f}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206a}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{1d159}',
            '\u{1d173}',
            '\u{e0020}',
        ];
        for c in unseen {
            assert!(is_unseen(c), "U+{:04X}", u32::from(c));
        }
        // Drawn, although some of them are format characters; the last two stand for themselves in some font.
        for c in
            ['a', '0', '.', '\u{b7}', '\u{301}', '\u{600}', '\u{6dd}', '\u{20e3}', '\u{fffd}', '\u{e000}', '\u{378}']
        {
            assert!(!is_unseen(c), "U+{:04X}", u32::from(c));
        }
        assert_eq!(trimmed("\u{feff}\u{3000} a \u{200b}b\u{202c}\u{a0}\r\n"), "a \u{200b}b");
        assert_eq!(trimmed("\u{200b} \u{feff}"), "");
    }

    #[test]
    fn separators_are_dropped_and_what_changes_a_reading_is_kept() {
        let dropped = [
            "1.2",
            "1-2",
            "1\u{2013}2",
            "1\u{2212}2",
            "1\u{b7}2",
            "1\u{22c5}2",
            "1\u{3002}2",
            "1\u{ff0e}2",
            "1\u{30fb}2",
            "1\u{2026}2",
            "1\u{6d4}2",
            "1\u{66c}2",
            "\u{201c}1 2\u{201d}",
            "(12)",
            "**12**",
            "1,2",
            "1\u{ff0d}2",
            "1'2",
        ];
        for typed in dropped {
            assert_eq!(shown(typed), "12", "{typed:?}");
        }
        for typed in [
            "1_2",
            "1+2",
            "\u{b9}2",
            "\u{2460}2",
            "\u{2160}2",
            "1\u{301}2",
            "1\u{20e3}2",
            "x12",
            "\u{bd}2",
            "\u{4e00}2",
        ] {
            assert_ne!(shown(typed), "12", "{typed:?}");
        }
        assert_eq!(shown("\u{ff41}\u{ff21}\u{ff12}\u{ff0b}"), "aA2+");
        assert_eq!(shown("1\u{662}\u{ff13}\u{1d7d2}\u{e55}\u{1e956}"), "123456");
    }
}
