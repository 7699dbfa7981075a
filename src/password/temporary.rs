use super::Composition;
use crate::crypto::{Purpose, sha256};
use crate::types::{Digest, TemporaryPassword, grouped_base32, typed_leniently};

/// Satisfies every composition rule, and leaves the 140 random bits as they are.
const AFFIX: &str = "aA2+";

/// Encodes five bits of each of 28 random bytes as a temporary password: `7K3M-…` in seven groups.
pub(crate) fn temporary_password(random: &[u8; 28], composition: Composition) -> TemporaryPassword {
    let mut text = grouped_base32(random);
    if !composition.is_empty() {
        text.push('-');
        text.push_str(AFFIX);
    }
    TemporaryPassword::new(text)
}

/// The digest that is stored of a temporary password, and compared with what is typed at a sign-in.
pub(crate) fn temporary_digest(typed: &str) -> Digest {
    sha256(Purpose::TemporaryPassword, &[typed_leniently(typed).as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s01_every_random_byte_counts_with_five_bits() {
        let password = |random: [u8; 28]| temporary_password(&random, Composition::default()).expose().to_owned();
        assert_eq!(password([0; 28]), "0000-0000-0000-0000-0000-0000-0000");
        for index in 0..28 {
            let mut one_bit = [0; 28];
            one_bit[index] = 16;
            assert_ne!(password(one_bit), password([0; 28]), "byte {index}");
        }
    }

    #[test]
    fn typing_is_forgiven_and_nothing_else_is() {
        let text = temporary_password(&core::array::from_fn(|n| n as u8), Composition::default());
        let stored = temporary_digest(text.expose());
        let same = |typed: &str| bool::from(stored.ct_eq(&temporary_digest(typed)));
        let forgiven = text.expose().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert!(same(text.expose()) && same(&forgiven), "case, dashes, O and L");
        let full_width: String =
            text.expose().chars().map(|c| char::from_u32(u32::from(c) - 0x21 + 0xff01).unwrap()).collect();
        let arabic: String = text
            .expose()
            .chars()
            .map(|c| match c.to_digit(10) {
                Some(digit) => char::from_u32(0x660 + digit).unwrap(),
                None => c,
            })
            .collect();
        let copied = format!("\u{feff}{}\u{200b}.\r\n", text.expose().replace('-', "\u{2011}\u{ad}"));
        assert!(same(&full_width) && same(&arabic) && same(&copied), "the characters it shows");
        assert!(!same(&text.expose()[1..]) && !same("") && !same(&text.expose().replace('2', "3")));
    }

    #[test]
    fn rules_of_composition_are_met_outside_the_random_part() {
        let composition = Composition { lowercase: true, uppercase: true, digit: true, symbol: true };
        let text = temporary_password(&[0; 28], composition);
        assert!(text.expose().starts_with("0000-") && text.expose().ends_with("-aA2+"));
    }
}
