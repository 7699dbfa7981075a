//! Unit tests of `hashing::legacy`: hashes of other programs, and everything that is not exactly one.

use serde::Deserialize;

use super::*;

/// A hash made by another program, and whether the password matches it.
#[derive(Deserialize)]
struct Answer {
    scheme: String,
    made_by: String,
    password: String,
    hash: String,
    matches: bool,
    note: String,
}

/// All but the Argon2 ones, which are not verified here.
fn answers() -> Vec<Answer> {
    let mut all: Vec<Answer> = serde_json::from_str(include_str!("../data/legacy_hashes.json")).unwrap();
    let php: Vec<Answer> = serde_json::from_str(include_str!("../data/legacy_hashes_php.json")).unwrap();
    all.extend(php);
    let answers: Vec<_> = all.into_iter().filter(|answer| !answer.scheme.starts_with("argon2")).collect();
    assert!(answers.len() > 250, "the answers were found");
    answers
}

fn parse(text: &str) -> LegacyHash {
    LegacyHash::parse(text).unwrap_or_else(|| panic!("{text} is valid"))
}

const PASSWORD: &[u8] = b"correct horse battery staple";

// A cheap hash of that password in each form.
const BCRYPT: &str = "$2b$04$.OGB/.SE/ueHAeqKBO2NC.VRuper1xNnktaj72pGYG7ahdfAeNgNu";
const BCRYPT_2Y: &str = "$2y$05$.OGB/.SE/ueHAeqKBO2NC.R0Y8nKfj2nXOFwF2c.SNhH8aXrRwlRi";
const DJANGO_BCRYPT: &str = "bcrypt_sha256$$2b$04$.OGB/.SE/ueHAeqKBO2NC.Pj/b0D1MP2U37tPQBj0bg2ZJYaXZBzy";
const SCRYPT: &str = "$scrypt$ln=4,r=8,p=1$AQIDBAUGBwgJCgsMDQ4PEA$uRmJ+TMvzIjLXpqUwZJIyRO5wgioWck/zoHOgr162cM";
const PASSLIB_SHA1: &str = "$pbkdf2$10$....////AQIDBAUGBwgJCg$MAAP/yE500ebfV7RTrxMndnUVbA";
const PASSLIB: &str = "$pbkdf2-sha256$10$....////AQIDBAUGBwgJCg$.6pS7A67F8LgEO0VXhB4TRq0OoIh2XphbjZlgZLV5F4";
const PHC: &str = "$pbkdf2-sha256$i=10,l=32$AQIDBAUGBwgJCgsMDQ4PEA$Uojzhd4etx+I59OW5T7BqUaTXDYcNWaaAN+0NspQtJ4";
const PHC_SHA1: &str = "$pbkdf2-sha1$i=10,l=32$AQIDBAUGBwgJCgsMDQ4PEA$cZJ3mfErU5hR3CtIIY/qiMqRZFJqXXof2CxZYXFexaQ";
const PHC_SHA512: &str = "$pbkdf2-sha512$i=10,l=32$AQIDBAUGBwgJCgsMDQ4PEA$Kgkz4CZVFHZcgKkLsT8jYJLSOSPgwBiJZyBKffCxi00";
const DJANGO: &str = "pbkdf2_sha256$10$Zt4nqBy7mLw9RkC2xVhD1s$Z4BZWvhlhnxkgH/wMX6MD6rtGXd/kfBwnSgXbASi4JQ=";
const DJANGO_SHA1: &str = "pbkdf2_sha1$10$Zt4nqBy7mLw9RkC2xVhD1s$9sCDdQnlk/DpYrKAKDdbW0/XmZI=";
const ASPNET: &str = "AQAAAAEAAAAKAAAAEAECAwQFBgcICQoLDA0ODxBSiPOF3h63H4jn05blPsGpRpNcNhw1ZpoA37Q2ylC0ng==";
const ASPNET_SHA1: &str = "AQAAAAAAAAAKAAAAEAECAwQFBgcICQoLDA0ODxBxkneZ8StTmFHcK0ghj+qIypFkUmpdeh/YLFlhcV7FpA==";
const DJANGO_PLAIN_BCRYPT: &str = "bcrypt$$2b$04$.OGB/.SE/ueHAeqKBO2NC.VRuper1xNnktaj72pGYG7ahdfAeNgNu";
const DJANGO_SCRYPT: &str = "scrypt$16$Zt4nqBy7mLw9RkC2xVhD1s$8$1$Pvndu6LM7+o4EeX/Elol/FlXguPVYe47y8AzmSd3P00\
    y8RDYD+zL/fRej0L9eb5R8gemowJ1NLQIZwv3ARiZqA==";
const WERKZEUG: &str = "pbkdf2:sha256:10$k3Jd8sPq0ZxYw2Rt$97e23b3252273685ca1d909cb629c25c14783f13ef0cbf\
    88779312d9727d75bd";
const WERKZEUG_SCRYPT: &str = "scrypt:16:8:1$k3Jd8sPq0ZxYw2Rt$742167e825a87e672aa1793724d17f5b7b67c21748e24ad95\
    c01706d9c833e5266b934b6a6e55d86d524e4765b9b352eb8d1d6b7d48cbda7bdbd69f915056a28";
const WORDPRESS: &str = "$wp$2y$04$abcdefghijklmnopqrstuuV0klnHbXcaXKo7A89DBGKqZVoAS9L2u";
const PHPASS: &str = "$P$5k3Jd8sPquIYUIC4vSOsEYIt/pRN3J1";
const DRUPAL: &str = "$S$5k3Jd8sPq0g./cz.OQ8CLQ9R8YLxVOcBMFBy5.OkKOI.gh1jU64v";
const DRUPAL_OF_MD5: &str = "U$S$5k3Jd8sPqz9NKgQtBbSM3cTmKxUi7K3OtsJQbt3s0/CJp3F3GGVG";
const PASSLIB_BCRYPT: &str = "$bcrypt-sha256$v=2,t=2b,r=4$.OGB/.SE/ueHAeqKBO2NC.$7jjNg9hyHG7Hxh/C0zugv8GHpxLwDye";
const PASSLIB_BCRYPT_1: &str = "$bcrypt-sha256$2b,4$.OGB/.SE/ueHAeqKBO2NC.$h2JxDg4nFzsoOy20EC8D4.LS1KFxTRi";
const SPRING_BCRYPT: &str = "{bcrypt}$2a$04$.OGB/.SE/ueHAeqKBO2NC.VRuper1xNnktaj72pGYG7ahdfAeNgNu";
const SPRING_PBKDF2: &str = "{pbkdf2@SpringSecurity_v5_8}0102030405060708090a0b0c0d0e0f105c837843e743497215de\
    10d525da4ebd495bde7152dc65d2fa0ef034c36c762b";
const SPRING_SCRYPT: &str = "{scrypt}$40801$AQIDBAUGBwgJCgsMDQ4PEA==$uRmJ+TMvzIjLXpqUwZJIyRO5wgioWck/zoHOgr162cM=";
const GOOD: [&str; 24] = [
    BCRYPT,
    BCRYPT_2Y,
    DJANGO_BCRYPT,
    SCRYPT,
    PASSLIB_SHA1,
    PASSLIB,
    PHC,
    PHC_SHA1,
    PHC_SHA512,
    DJANGO,
    DJANGO_SHA1,
    ASPNET,
    ASPNET_SHA1,
    DJANGO_PLAIN_BCRYPT,
    DJANGO_SCRYPT,
    WERKZEUG,
    WERKZEUG_SCRYPT,
    WORDPRESS,
    PHPASS,
    DRUPAL_OF_MD5,
    PASSLIB_BCRYPT,
    PASSLIB_BCRYPT_1,
    SPRING_BCRYPT,
    SPRING_SCRYPT,
];

#[test]
fn hashes_of_other_programs_verify() {
    for Answer { scheme, made_by, password, hash: text, matches, note } in answers() {
        let hash = parse(&text);
        assert_eq!(hash.scheme().as_str(), scheme, "{text}");
        assert_eq!(hash.verify(password.as_bytes()), matches, "{text} by {made_by}, {password:?}: {note}");
    }
}

#[test]
fn a_changed_hash_is_none_or_verifies_nothing() {
    for text in GOOD {
        let cost = parse(text).cost();
        assert!(parse(text).verify(PASSWORD), "{text}");
        for end in 0..text.len() {
            assert!(LegacyHash::parse(&text[..end]).is_none(), "{text} to {end}");
        }
        for sign in (0..=127).map(char::from).chain(['\u{e4}', '\u{feff}']) {
            assert!(LegacyHash::parse(&format!("{text}{sign}")).is_none(), "{text} and {sign:?}");
            assert!(LegacyHash::parse(&format!("{sign}{text}")).is_none(), "{sign:?} and {text}");
        }
        for at in 0..text.len() {
            let (before, after) = (&text[..at], &text[at + 1..]);
            let mut changed = vec![format!("{before}{after}")];
            for sign in ['$', '.', '+', '=', ' ', '\n', '\0', 'A', '9'] {
                changed.push(format!("{before}{sign}{after}"));
                changed.push(format!("{before}{sign}{}", &text[at..]));
            }
            for changed in changed.iter().filter(|changed| *changed != text) {
                // A changed cost makes another hash, which may take long.
                let read = LegacyHash::parse(changed).filter(|hash| hash.cost() == cost);
                assert!(!read.is_some_and(|hash| hash.verify(PASSWORD)), "{changed:?} of {text}");
            }
        }
    }
}

#[test]
fn what_is_not_exactly_a_hash_within_bounds_is_none() {
    // For each valid hash: what is replaced, and by what.
    let spoiled: &[(&str, &str, &[&str])] = &[
        (
            BCRYPT,
            "$2b$",
            &["$2x$", "$2$", "$2c$", "$2B$", "2b$", "$$2b$", "bcrypt$2b$", "bcrypt_sha256$2b$", "{CRYPT}$2b$"],
        ),
        (
            BCRYPT,
            "$04$",
            &[
                "$4$",
                "$004$",
                "$+4$",
                "$-4$",
                "$ 4$",
                "$03$",
                "$00$",
                "$$",
                "$17$",
                "$31$",
                "$32$",
                "$260$",
                "$4294967300$",
            ],
        ),
        // The bits of the last character that belong to neither salt nor tag.
        (BCRYPT, "NC.V", &["NC/V", "NC0V", "NC.$V", "NCV", "NC=V", "NC+V"]),
        (BCRYPT, "gNu", &["gNv", "gNw", "gN", "gNu.", "gN=", "gN\u{e4}"]),
        (BCRYPT, ".OGB/.SE/ueHAeqKBO2NC.VRuper1xNnktaj72pGYG7ahdfAeNgNu", &["", ".OGB/.SE/ueHAeqKBO2NC."]),
        (BCRYPT, "B/.SE/ueHAeqKBO2N", &["\u{e4}/.SE/ueHAeqKBO2", "B/.SE/ueHAeqKBO2\u{e4}", "B/.SE/ueHAeqKBO\u{1f511}"]),
        (
            DJANGO_BCRYPT,
            "bcrypt_sha256$$",
            &["bcrypt_sha256$", "bcrypt$", "$bcrypt_sha256$", "bcrypt_sha256$$$", "bcrypt_sha256$bcrypt_sha256$$"],
        ),
        (
            SCRYPT,
            "$scrypt$",
            &["scrypt$", "$Scrypt$", "$scrypt", "$$scrypt$", "$scrypt$$", "$scrypt$v=1$", "$7$", "$s0$"],
        ),
        (
            SCRYPT,
            "ln=4,r=8,p=1",
            &[
                "",
                "ln=4",
                "ln=4,r=8",
                "r=8,p=1",
                "ln=4,p=1",
                "ln=4,p=1,r=8",
                "r=8,ln=4,p=1",
                "ln=4,ln=4,r=8,p=1",
                "ln=4,r=8,r=8,p=1",
                "ln=4,r=8,p=1,p=1",
                "ln=4,r=8,p=1,x=1",
                "ln=4,r=8,p=1,",
                "ln=04,r=8,p=1",
                "ln=4,r=+8,p=1",
                "ln=4,r=8,p=1 ",
                "ln=4, r=8,p=1",
                "LN=4,r=8,p=1",
                "n=16,r=8,p=1",
                "ln=,r=8,p=1",
                "ln=0,r=8,p=1",
                "ln=4,r=0,p=1",
                "ln=4,r=8,p=0",
                "ln=19,r=8,p=1",
                "ln=18,r=8,p=5",
                "ln=22,r=1,p=1",
                "ln=63,r=8,p=1",
                "ln=64,r=8,p=1",
                "ln=255,r=8,p=1",
                "ln=256,r=8,p=1",
                "ln=-1,r=8,p=1",
                "ln=4,r=33,p=1",
                "ln=4,r=4294967295,p=1",
                "ln=4,r=4294967296,p=1",
                "ln=4,r=8,p=17",
                "ln=4,r=8,p=4294967295",
                "ln=1,r=1,p=4194304",
            ],
        ),
        (
            SCRYPT,
            "$AQIDBAUGBwgJCgsMDQ4PEA$",
            &[
                "$",
                "$$",
                "$AQ$",
                "$AQIDBAUGBw$",
                "$AQIDBAUGBwgJCgsMDQ4PEA==$",
                "$AQIDBAUGBwgJCgsMDQ4PEB$",
                "$AQIDBAUGBwgJCgsMDQ4PE$",
                "$AQIDBAUGBwgJCgsMDQ4PEA$AQIDBAUGBwgJCgsMDQ4PEA$",
            ],
        ),
        // 0, 15, 31 and 33 bytes; stray trailing bits; another alphabet.
        (
            SCRYPT,
            "uRmJ+TMvzIjLXpqUwZJIyRO5wgioWck/zoHOgr162cM",
            &[
                "",
                "uRmJ+TMvzIjLXpqUwZJI",
                "uRmJ+TMvzIjLXpqUwZJIyRO5wgioWck/zoHOgr162Q",
                "uRmJ+TMvzIjLXpqUwZJIyRO5wgioWck/zoHOgr162cMA",
                "uRmJ+TMvzIjLXpqUwZJIyRO5wgioWck/zoHOgr162cN",
                "uRmJ-TMvzIjLXpqUwZJIyRO5wgioWck_zoHOgr162cM",
                "uRmJ.TMvzIjLXpqUwZJIyRO5wgioWck/zoHOgr162cM",
            ],
        ),
        (
            PASSLIB,
            "$10$",
            &[
                "$",
                "$$",
                "$0$",
                "$010$",
                "$+10$",
                "$-10$",
                "$1e1$",
                "$10 $",
                "$i=10$",
                "$l=32$",
                "$10,l=32$",
                "$10000001$",
                "$4294967295$",
                "$4294967306$",
                "$99999999999999999999999$",
            ],
        ),
        (
            PASSLIB,
            "$pbkdf2-sha256$",
            &[
                "$pbkdf2-sha224$",
                "$pbkdf2$",
                "$pbkdf2-sha1$",
                "$pbkdf2-sha512$",
                "$PBKDF2-sha256$",
                "pbkdf2-sha256$",
                "$pbkdf2_sha256$",
                "$$pbkdf2-sha256$",
            ],
        ),
        (
            PASSLIB,
            "....////AQIDBAUGBwgJCg",
            &["", "....", "....////A", "++++////AQIDBAUGBwgJCg", "....////AQIDBAUGBwgJCh", "....////AQIDBAUGBwgJCg=="],
        ),
        (
            PASSLIB,
            ".6pS7A67F8LgEO0VXhB4TRq0OoIh2XphbjZlgZLV5F4",
            &[
                "",
                ".6pS7A67F8LgEO0VXhB4TQ",
                ".6pS7A67F8LgEO0VXhB4TRq0OoIh2XphbjZlgZLV5F5",
                "+6pS7A67F8LgEO0VXhB4TRq0OoIh2XphbjZlgZLV5F4",
                ".6pS7A67F8LgEO0VXhB4TRq0OoIh2XphbjZlgZLV5F4=",
            ],
        ),
        (
            PHC,
            "i=10,l=32",
            &[
                "",
                "i=10",
                "l=32",
                "l=32,i=10",
                "i=10,i=10,l=32",
                "i=10,l=32,l=32",
                "i=10,l=31",
                "i=10,l=33",
                "i=10,l=0",
                "i=10,l=032",
                "i=10,l=",
                "i=10,l=4294967328",
                "i=010,l=32",
                "i=0,l=32",
                "i=,l=32",
                "i=10000001,l=32",
                "i=4294967295,l=32",
                "i=4294967306,l=32",
                "i=10,l=32 ",
                "i=10,l=32,x=1",
                "v=1$i=10,l=32",
            ],
        ),
        (PHC, "pbkdf2-sha256", &["pbkdf2", "pbkdf2-sha384", "pbkdf2-md5", "", "pbkdf2-SHA256"]),
        (
            PHC,
            "l=32$AQIDBAUGBwgJCgsMDQ4PEA$Uojzhd4etx+I59OW5T7BqUaTXDYcNWaaAN+0NspQtJ4",
            &[
                "l=32",
                "l=32$",
                "l=32$AQIDBAUGBwgJCgsMDQ4PEA",
                "l=0$AQIDBAUGBwgJCgsMDQ4PEA$",
                "l=32$AQIDBAUGBwgJCgsMDQ4PEA$",
                "l=15$AQIDBAUGBwgJCgsMDQ4PEA$Uojzhd4etx+I59OW5T7B",
                "l=32$$Uojzhd4etx+I59OW5T7BqUaTXDYcNWaaAN+0NspQtJ4",
                "l=32$AQIDBAUGBwgJCgsMDQ4PEA$Uojzhd4etx+I59OW5T7BqUaTXDYcNWaaAN+0NspQtJ5",
                "l=32$AQIDBAUGBwgJCgsMDQ4PEA$Uojzhd4etx+I59OW5T7BqUaTXDYcNWaaAN+0NspQtJ4=",
            ],
        ),
        // Two blocks, so half the iterations.
        (PHC_SHA1, "i=10", &["i=5000001", "i=10000000"]),
        (
            DJANGO,
            "pbkdf2_sha256",
            &["pbkdf2_sha512", "pbkdf2", "$pbkdf2_sha256", "pbkdf2-sha256", "PBKDF2_sha256", "pbkdf2_sha1", ""],
        ),
        (DJANGO, "$10$", &["$", "$$", "$0$", "$010$", "$+10$", "$10000001$", "$4294967306$"]),
        (
            DJANGO,
            "Zt4nqBy7mLw9RkC2xVhD1s",
            &[
                "",
                "Zt4nqBy",
                "Zt4nqBy7 mLw9",
                "Zt4nqBy7\nmLw9",
                "Zt4nqBy7\0mLw9",
                "Zt4nqBy7\u{e4}mLw9",
                "Zt4nqBy7$mLw9",
            ],
        ),
        (
            DJANGO,
            "Z4BZWvhlhnxkgH/wMX6MD6rtGXd/kfBwnSgXbASi4JQ=",
            &[
                "",
                "=",
                "====",
                "Z4BZWvhlhnxkgH/wMX6MD6rtGXd/kfBwnSgXbASi4JQ",
                "Z4BZWvhlhnxkgH/wMX6MD6rtGXd/kfBwnSgXbASi4JR=",
                "Z4BZWvhlhnxkgH/wMX6MD6rtGXd/kfBwnSgXbASi4JQ==",
                "Z4BZWvhlhnxkgH_wMX6MD6rtGXd_kfBwnSgXbASi4JQ=",
                "Z4BZWvhlhnxkgH/wMX6MDw==",
            ],
        ),
        // Formats 0, 2 and 3; an unknown hash function; 0, too many and 2^32 - 1 iterations; salts longer than the rest, of
        // 0 bytes and of 7; stray trailing bits and missing padding.
        (
            ASPNET,
            "AQAAAAEAAAAK",
            &[
                "AAAAAAEAAAAK",
                "AgAAAAEAAAAK",
                "AwAAAAEAAAAK",
                "AQAAAAMAAAAK",
                "AQAAAAQAAAAK",
                "Af////8AAAAK",
                "AQAAAAEAAAAA",
                "AQAAAAEAmJaB",
                "AQAAAAH/////",
                "",
            ],
        ),
        (ASPNET, "AAAAEAEC", &["AAAAMQEC", "AAAAAAEC", "AAAABwEC", "AAAADwEC", "AAAAEQEC", "/////wEC", "gAAAAAEC"]),
        (ASPNET, "0ng==", &["0nh==", "0ng=", "0ng", "0n==", "0ng==A", "0ng==="]),
        (DJANGO_SCRYPT, "$16$", &["$", "$0$", "$1$", "$15$", "$016$", "$+16$", "$2097152$", "$18446744073709551616$"]),
        (
            DJANGO_SCRYPT,
            "$8$1$",
            &["$8$", "$1$8$1$", "$08$1$", "$8$01$", "$0$1$", "$8$0$", "$33$1$", "$8$17$", "$8,1$"],
        ),
        (DJANGO_SCRYPT, "scrypt$", &["$scrypt$", "Scrypt$", "scrypt:", "scrypt_sha256$"]),
        (DJANGO_SCRYPT, "==", &["", "=", "===", "==A"]),
        (WERKZEUG, ":10$", &[":", "$", ":0$", ":010$", ":+10$", ":10:1$", ":10000001$", ":4294967306$", ":10$$"]),
        (
            WERKZEUG,
            "pbkdf2:sha256",
            &["pbkdf2:sha224", "pbkdf2:", "pbkdf2:sha512", "PBKDF2:sha256", "sha256", "pbkdf2:md5"],
        ),
        (WERKZEUG, "k3Jd8sPq0ZxYw2Rt", &["", "k3Jd8sP", "k3Jd8sPq 0ZxYw2Rt", "k3Jd8sPq$0ZxYw2Rt", "k3Jd8sPq\u{e4}"]),
        (
            WERKZEUG_SCRYPT,
            ":16:8:1$",
            &["$", ":16:8$", ":16:8:1:1$", ":17:8:1$", ":016:8:1$", ":16:0:1$", ":2097152:8:1$"],
        ),
        (WERKZEUG_SCRYPT, "scrypt:16", &["Scrypt:16", "$scrypt:16", "scrypt16", "scrypt$16"]),
        (WORDPRESS, "$wp$2y$", &["$wp$2b$", "$wp$2a$", "$WP$2y$", "wp$2y$", "$wp$wp$2y$", "$wp2y$", "$wp$$2y$"]),
        (WORDPRESS, "$04$", &["$4$", "$03$", "$17$", "$31$", "$004$"]),
        (PHPASS, "$P$5", &["$P$4", "$P$", "$P$z", "$p$5", "$Q$5", "$P5", "P$5", "U$P$5", "$P$P$5", "$P$=", "$P$ "]),
        (DRUPAL, "$S$5", &["$S$4", "$S$H", "$s$5", "US$5", "u$S$5", "U$U$S$5", "$S$", "$P$5", "U$P$5"]),
        (
            PASSLIB_BCRYPT,
            "v=2,t=2b,r=4",
            &[
                "v=1,t=2b,r=4",
                "v=3,t=2b,r=4",
                "v=2,t=2y,r=4",
                "v=2,t=2b,r=04",
                "v=2,r=4,t=2b",
                "t=2b,r=4",
                "v=2,t=2b,r=3",
                "v=2,t=2b,r=17",
                "v=2,t=2b",
                "v=2,t=2b,r=4,x=1",
            ],
        ),
        (PASSLIB_BCRYPT_1, "$2b,4$", &["$2b,04$", "$2b,3$", "$2b$", "$2y,4$", "$2b,4,4$", "$2b,+4$", "$2b,17$"]),
        (
            SPRING_BCRYPT,
            "{bcrypt}",
            &["{Bcrypt}", "{bcrypt", "bcrypt}", "{bcrypt}{bcrypt}", "{pbkdf2}", "{noop}", "{}", "{ bcrypt}"],
        ),
        (
            SPRING_PBKDF2,
            "{pbkdf2@SpringSecurity_v5_8}",
            &[
                "{pbkdf2}",
                "{pbkdf2@SpringSecurity_v5_5}",
                "{pbkdf2@}",
                "",
                "{pbkdf2@SpringSecurity_v5_8}00",
                "{pbkdf2@SpringSecurity_v5_8}0",
            ],
        ),
        (SPRING_PBKDF2, "0e0f10", &["0E0F10", "0e0f1", "0e0f1g", "0e0f1\u{e4}", "0e0f+1", "0e0f10 "]),
        (
            SPRING_SCRYPT,
            "$40801$",
            &[
                "$040801$",
                "$+40801$",
                "$40001$",
                "$40800$",
                "$801$",
                "$150801$",
                "$1000000040801$",
                "$4080A$",
                "$$",
                "$",
            ],
        ),
        (SPRING_SCRYPT, "{scrypt}", &["{scrypt@SpringSecurity_v5_9}", "", "{bcrypt}", "scrypt"]),
    ];
    for (good, from, bad) in spoiled {
        assert!(LegacyHash::parse(good).is_some() && good.contains(from), "{good} is valid and contains {from}");
        for to in *bad {
            let text = good.replacen(from, to, 1);
            assert!(LegacyHash::parse(&text).is_none(), "{text:?}");
        }
    }
    let others = [
        "",
        "$",
        "$$$$",
        "=",
        "==",
        "====",
        "A===",
        "\0",
        "\u{1f511}",
        "plaintext",
        // ASP.NET Identity's format 3 without a salt, and with salts of 7 and 65 bytes.
        "AQAAAAEAAAAKAAAAAAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
        "AQAAAAEAAAAKAAAABwABAgMEBQYAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==",
        "AQAAAAEAAAAKAAAAQQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9AAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "5f4dcc3b5aa765d61d8327deb882cf99",
    ];
    for text in others {
        assert!(LegacyHash::parse(text).is_none(), "{text:?}");
    }
}

#[test]
fn long_texts_are_none() {
    for text in GOOD {
        for filler in ["A", "$", "=", "\u{1f511}", text] {
            let filler = filler.repeat(100 * 1024 / filler.len());
            assert!(LegacyHash::parse(&filler).is_none(), "{filler:.20}");
            assert!(LegacyHash::parse(&format!("{text}{filler}")).is_none(), "{text} and {filler:.20}");
        }
    }
}

#[test]
fn costs_up_to_the_bounds_are_read() {
    for (good, from, to) in [
        (BCRYPT, "$04$", "$16$"),
        (SCRYPT, "ln=4,r=8,p=1", "ln=18,r=8,p=4"),
        (SCRYPT, "ln=4,r=8,p=1", "ln=21,r=1,p=1"),
        (SCRYPT, "ln=4,r=8,p=1", "ln=1,r=1,p=16"),
        (SCRYPT, "ln=4,r=8,p=1", "ln=13,r=32,p=16"),
        (PASSLIB, "$10$", "$10000000$"),
        (PHC, "i=10,", "i=10000000,"),
        (PHC_SHA1, "i=10,", "i=5000000,"),
        (DJANGO, "$10$", "$10000000$"),
        (ASPNET, "AQAAAAEAAAAK", "AQAAAAEAmJaA"),
    ] {
        parse(&good.replacen(from, to, 1));
    }
}

#[test]
fn risks_follow_the_costs_that_owasp_asks_for() {
    use HashRisk::{Truncates, Weak};
    let check = |good: &str, from: &str, to: &str, risks: &[HashRisk]| {
        assert_eq!(parse(&good.replacen(from, to, 1)).risks(), risks, "{good} with {to}");
    };
    check(BCRYPT, "$04$", "$09$", &[Truncates, Weak]);
    check(BCRYPT, "$04$", "$10$", &[Truncates]);
    check(DJANGO_BCRYPT, "$04$", "$09$", &[Weak]);
    check(DJANGO_BCRYPT, "$04$", "$10$", &[]);
    for strong in
        ["ln=17,r=8,p=1", "ln=16,r=8,p=2", "ln=15,r=8,p=3", "ln=14,r=8,p=5", "ln=13,r=8,p=10", "ln=16,r=16,p=1"]
    {
        check(SCRYPT, "ln=4,r=8,p=1", strong, &[]);
    }
    for weak in ["ln=16,r=8,p=1", "ln=15,r=8,p=2", "ln=14,r=8,p=4", "ln=13,r=8,p=9", "ln=12,r=8,p=16", "ln=20,r=1,p=1"]
    {
        check(SCRYPT, "ln=4,r=8,p=1", weak, &[Weak]);
    }
    for (good, least) in [(PHC_SHA1, 1_300_000), (PHC, 600_000), (PHC_SHA512, 210_000)] {
        check(good, "i=10,", &format!("i={least},"), &[]);
        check(good, "i=10,", &format!("i={},", least - 1), &[Weak]);
    }
}

#[test]
fn a_dummy_costs_what_it_stands_for_and_verifies_nothing() {
    let seed = Digest::new(std::array::from_fn(|at| at as u8));
    for Answer { hash: text, .. } in answers() {
        let real = parse(&text);
        let dummy = LegacyHash::dummy(real.cost(), &seed);
        assert_eq!(dummy.cost(), real.cost(), "{text}");
        assert_eq!(dummy.scheme(), real.scheme(), "{text}");
    }
    for text in GOOD {
        let dummy = LegacyHash::dummy(parse(text).cost(), &seed);
        assert!(!dummy.verify(PASSWORD) && !dummy.verify(b""), "{text}");
        assert_eq!(format!("{dummy:?}"), "LegacyHash([redacted])");
    }
}
