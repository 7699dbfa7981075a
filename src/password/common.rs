//! The first guesses of an attacker: common passwords, repetitions and sequences, with the usual decoration.

use std::sync::LazyLock;

/// Sorted by bytes, in lower case. Source and licence are in `common/README.md`.
static COMMON: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("common/list.txt").lines().collect());

/// The longest unit of a repetition, in characters.
const MOST_REPEATED: usize = 12;

/// Whether a password is on the list, a repetition or a sequence, or becomes one without surrounding digits and symbols.
pub(super) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphabetic());
    [lower.as_str(), bare].into_iter().any(|text| is_listed(text) || is_repetition(text) || is_sequence(text))
}

fn is_listed(lower: &str) -> bool {
    COMMON.binary_search(&lower).is_ok()
}

/// A short text repeated: one to four characters of any kind, or a longer text that is common itself.
fn is_repetition(lower: &str) -> bool {
    let chars: Vec<char> = lower.chars().collect();
    (1..=MOST_REPEATED.min(chars.len() / 2)).any(|period| {
        let unit: String = chars.iter().take(period).collect();
        let repeats = chars.iter().zip(chars.iter().skip(period)).all(|(earlier, later)| earlier == later);
        repeats && (period <= 4 || is_listed(&unit) || is_sequence(&unit))
    })
}

/// A run along the alphabet, the digits or the rows of a keyboard, in either direction from any starting point.
fn is_sequence(lower: &str) -> bool {
    /// Runs that wrap around: the end is followed by the beginning.
    const RUNS: [&str; 6] = [
        "abcdefghijklmnopqrstuvwxyz",
        "0123456789",
        "1234567890qwertyuiopasdfghjklzxcvbnm",
        "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm",
        "azertyuiopqsdfghjklmwxcvbn",
    ];
    let chars: Vec<char> = lower.chars().collect();
    let follows = |run: &[char], step: usize| {
        chars.windows(2).all(|pair| match pair {
            [one, next] => {
                run.iter().position(|c| c == one).is_some_and(|at| run.get((at + step) % run.len()) == Some(next))
            }
            _ => false,
        })
    };
    chars.len() >= 4
        && RUNS.iter().any(|run| {
            let run: Vec<char> = run.chars().collect();
            follows(&run, 1) || follows(&run, run.len() - 1)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_unique_lower_case_and_of_the_size_its_readme_states() {
        assert_eq!(COMMON.len(), 11_092);
        assert!(COMMON.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(COMMON.iter().all(|entry| entry.to_lowercase() == *entry && !entry.is_empty()));
    }

    #[test]
    fn what_is_guessed_first_is_common() {
        let common = [
            "password",
            "PassWord1",
            "!!password2026!!",
            "monkeymonkeymonkey",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "123451234512345",
            "abcdefghijklmnop",
            "zyxwvutsrqponmlk",
            "12345678901234567890",
            "qwertyuiopasdfgh",
            "1q2w3e4r5t6y7u8i",
            "passwordpassword123",
        ];
        for password in common {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn ordinary_passphrases_are_not() {
        for password in [
            "a quiet morning in May",
            "correct horse battery staple",
            "кошка на окне спит",
            "4 🐙 in the garden 🌧",
            "ab",
        ] {
            assert!(!is_common(password), "{password}");
        }
    }
}
