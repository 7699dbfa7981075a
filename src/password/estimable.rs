//! The part of a password that zxcvbn judges, so that its work is bounded.

use zeroize::Zeroizing;

/// How many characters are judged. Further ones make a password no weaker, and a longer one is strong unless it repeats itself.
const JUDGED: usize = 40;

/// Symbols that stand for the same letter. zxcvbn tries every reading of those it finds, whose number is the product of the
/// sizes of these groups: a password with all of them takes a second.
const ALIKE: [&str; 6] = ["4@", "({[<", "69", "1!|", "$5", "+7"];

/// The first characters, with one symbol for each letter: of several that stand for the same letter, the first replaces the
/// others. For an attacker the password stays the same.
pub(super) fn estimable(text: &str) -> Zeroizing<String> {
    let mut first = [None; ALIKE.len()];
    let mut estimable = Zeroizing::new(String::with_capacity(JUDGED * 4));
    estimable.extend(text.chars().take(JUDGED).map(
        |symbol| match ALIKE.iter().position(|group| group.contains(symbol)) {
            Some(group) => *first[group].get_or_insert(symbol),
            None => symbol,
        },
    ));
    estimable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_symbol_is_left_of_those_that_stand_for_a_letter() {
        assert_eq!(*estimable("p4$$w0rd and p@55w0rd"), "p4$$w0rd and p4$$w0rd");
        assert_eq!(*estimable("4@8({[<3690!1|7$5+%2"), "448((((3660!!!7$$7%2");
        assert_eq!(*estimable(&"\u{e9}".repeat(100)), "\u{e9}".repeat(40));
    }
}
