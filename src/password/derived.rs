//! Detects passwords made of words that are known about their owner.

use icu_normalizer::ComposingNormalizerBorrowed;

/// Shorter words are ignored: almost every password contains some pair of letters.
const SHORTEST_WORD: usize = 3;
/// The number of letters not covered by any word that make a password one's own.
const OWN_LETTERS: usize = 4;

/// Whether a password consists of some of the words or their parts, apart from case, look-alike characters, digits, symbols and
/// up to three other letters.
///
/// A password that merely contains a word is not made of it: "acme is where I work since 1999" is a passphrase.
pub(super) fn is_made_of<'a>(password: &str, words: impl Iterator<Item = &'a str>) -> bool {
    let words: Vec<&str> = words.collect();
    // "1" may stand for an i or for an l.
    ['i', 'l'].into_iter().any(|one| {
        let typed = normalised(password);
        let folded: Vec<char> = typed.iter().map(|c| look_alike(*c, one)).collect();
        let mut covered = vec![false; folded.len()];
        for word in words.iter().flat_map(|word| parts(word, one)) {
            cover(&folded, &word, &mut covered);
        }
        let own = typed.iter().zip(&covered).filter(|(c, covered)| !**covered && c.is_alphabetic()).count();
        covered.contains(&true) && own < OWN_LETTERS
    })
}

/// The word reduced to its letters and digits, and each stretch of them by itself.
fn parts(word: &str, one: char) -> Vec<Vec<char>> {
    let chars = normalised(word);
    let fold = |chars: &[char]| chars.iter().map(|c| look_alike(*c, one)).collect::<Vec<_>>();
    let stretches = chars.split(|c| !c.is_alphanumeric());
    let joined: Vec<char> = chars.iter().copied().filter(|c| c.is_alphanumeric()).collect();
    let all = stretches.map(<[char]>::to_vec).chain([joined]).map(|part| fold(&part));
    all.filter(|part| part.len() >= SHORTEST_WORD).collect()
}

fn cover(text: &[char], word: &[char], covered: &mut [bool]) {
    for (start, window) in text.windows(word.len()).enumerate() {
        if window == word {
            covered.iter_mut().skip(start).take(word.len()).for_each(|cell| *cell = true);
        }
    }
}

/// Compatibility form in lower case, so that full-width letters and ligatures match what they look like.
fn normalised(text: &str) -> Vec<char> {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text).chars().flat_map(char::to_lowercase).collect()
}

fn look_alike(c: char, one: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 3] = ["Roadrunner Ltd", "ann.lee@acme.example", "O'Neil & Co"];

    #[test]
    fn words_their_parts_and_simple_derivatives_are_refused() {
        let refused = [
            "Roadrunner2026!!",
            "r0adrunner-r0adrunner",
            "ann.lee@acme.example",
            "AnnLeeAnnLee1234",
            "acme-ACME-acme-42",
            "roadrunnerltd xyz",
            "Ｒｏａｄｒｕｎｎｅｒ 123",
            "0ne1l&C0 2026",
            "@nnl33@cme",
            "l33annl33annl33",
        ];
        for password in refused {
            assert!(is_made_of(password, WORDS.into_iter()), "{password}");
        }
    }

    #[test]
    fn a_passphrase_that_mentions_a_word_is_not_made_of_it() {
        for password in ["acme is where I work since 1999", "my roadrunner sings", "leek soup on a cold evening"] {
            assert!(!is_made_of(password, WORDS.into_iter()), "{password}");
        }
        assert!(!is_made_of("a quiet morning", ["", "a", "in"].into_iter()), "short words say nothing");
    }
}
