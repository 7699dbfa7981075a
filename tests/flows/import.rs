//! Importing accounts of another system.

use base64ct::{Base64Unpadded, Encoding};
use doorward::account::Import;
use doorward::error::{ImportError, WelcomeError};
use doorward::event::{EventKind, SignInFailureReason};
use doorward::hashing::{HashScheme, MalformedHash, PasswordHash};
use doorward::{SignIn, UserId, UserRepository};
use pollster::block_on;

use crate::support::*;

/// "password" hashed by the reference implementation (`tests/data/argon2_reference.json`).
const ARGON2ID: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

fn account(address: &str, hash: &str) -> Import {
    Import::new(email(address), PasswordHash::parse(hash).unwrap())
}

#[test]
fn an_imported_user_signs_in_with_the_old_password_and_the_hash_becomes_a_new_one() {
    let world = World::new();
    let imported = block_on(world.operator.import_user(account(ANN, ARGON2ID))).unwrap();
    assert_eq!((imported.scheme, imported.risks.len()), (HashScheme::Argon2id, 1), "256 KiB is weak");
    assert_eq!(world.mailer.count(), 0, "no mail is sent");
    assert_eq!(world.observer.count(&EventKind::Imported { scheme: HashScheme::Argon2id }), 1);
    assert!(world.fails(ANN, "Password"));
    assert!(world.user(ANN).to_snapshot().contains("m=256"), "a failure changes nothing");
    let ann = world.signed_in(ANN, "password");
    assert_eq!(ann.user_id(), &imported.user_id);
    assert!(!world.user(ANN).to_snapshot().contains("m=256"), "a success rehashes");
    assert_eq!(world.observer.count(&EventKind::Rehashed { from: HashScheme::Argon2id }), 1);
    let computed = world.auth.hash_load().computed;
    let _ = world.signed_in(ANN, "password");
    assert_eq!(world.auth.hash_load().computed, computed + 1, "later sign-ins cost one hash");
}

#[test]
fn s12_an_imported_user_can_reset_and_is_not_welcomed() {
    let world = World::new();
    let imported = block_on(world.operator.import_user(account(ANN, ARGON2ID))).unwrap();
    let welcome = block_on(world.operator.resend_welcome(&imported.user_id));
    assert!(matches!(welcome, Err(WelcomeError::PasswordChosen)));
    let mailed = world.confirm(ANN);
    let challenge = world.challenge(ANN, &mailed);
    let _ = world.choose(&challenge, NEW);
    assert!(world.fails(ANN, "password"));
}

#[test]
fn s02_a_change_can_be_asked_of_an_imported_user() {
    let world = World::new();
    block_on(world.operator.import_user(account(ANN, ARGON2ID).require_password_change())).unwrap();
    assert!(matches!(world.sign_in(ANN, "password"), Ok(SignIn::PasswordChangeRequired(_))));
}

#[test]
fn a_taken_address_or_id_is_told_to_the_operator_and_nothing_is_stored() {
    let (world, ann) = World::with_ann();
    let again = block_on(world.operator.import_user(account("Ann@ACME.example", ARGON2ID)));
    assert!(matches!(again, Err(ImportError::EmailTaken)));
    let id = UserId::parse(ann.user_id().as_str()).unwrap();
    let same = block_on(world.operator.import_user(account("bob@acme.example", ARGON2ID).id(id)));
    assert!(matches!(same, Err(ImportError::IdTaken)));
    let _ = world.signed_in(ANN, OLD);
    assert!(world.fails("bob@acme.example", "password"));
    let reason = SignInFailureReason::UnknownEmail;
    assert_eq!(world.observer.count(&EventKind::SignInFailed { reason }), 1);
}

/// A hash that another system made of this text as it stands, with the parameters of new hashes here.
fn hash_elsewhere(text: &str) -> String {
    let params = argon2::Params::new(8, 1, 1, Some(32)).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut tag = [0; 32];
    argon2.hash_password_into(text.as_bytes(), &[7; 16], &mut tag).unwrap();
    let encode = |bytes: &[u8]| Base64Unpadded::encode_string(bytes);
    format!("$argon2id$v=19$m=8,t=1,p=1${}${}", encode(&[7; 16]), encode(&tag))
}

/// Texts whose canonical form is another one: an accent typed as a character of its own, a no-break space, the Angstrom sign, a
/// Hangul syllable in its parts.
const TYPED: [&str; 4] = [
    "cafe\u{301} au lait, 7 euros",
    "one\u{a0}no-break space",
    "\u{212b}ngstro\u{308}m and others",
    "\u{1100}\u{1161} korean",
];

fn canonical(typed: &str) -> String {
    doorward::Password::new(typed).expose().to_owned()
}

#[test]
fn a_password_that_was_hashed_as_it_was_typed_gets_its_owner_in() {
    for (index, typed) in TYPED.into_iter().enumerate() {
        let (world, canonical) = (World::new(), canonical(typed));
        assert_ne!(typed, canonical);
        // The other system had hashed the typed text, or the canonical one.
        for (address, hashed) in [("typed@acme.example", typed), ("canonical@acme.example", &*canonical)] {
            let hash = hash_elsewhere(hashed);
            block_on(world.operator.import_user(account(address, &hash))).unwrap();
            assert!(world.user(address).to_snapshot().contains("\"imported\":true"));
            assert!(world.fails(address, "wrong") && world.fails(address, &typed.to_uppercase()));
            let _ = world.signed_in(address, typed);
            let snapshot = world.user(address).to_snapshot();
            assert!(!snapshot.contains(&hash) && !snapshot.contains("imported"), "{index}: hashed in canonical form");
            let rehashed = EventKind::Rehashed { from: HashScheme::Argon2id };
            assert!(world.observer.count(&rehashed) >= 1);
            // From now on like any other.
            let _ = world.signed_in(address, &canonical);
            let _ = world.signed_in(address, typed);
        }
    }
}

#[test]
fn the_typed_form_counts_for_imported_hashes_only() {
    let (world, typed) = (World::new(), TYPED[0]);
    block_on(world.operator.import_user(account(ANN, &hash_elsewhere(typed)))).unwrap();
    // As a release stores it that knows nothing of it, or somebody who can write to the store.
    let edited = world.user(ANN).to_snapshot().replace("\"imported\":true,", "");
    let (id, version) = (world.user(ANN).id().to_string(), world.user(ANN).version().to_string());
    let row = doorward::store::UserRow { id: &id, email: ANN, version: &version, snapshot: &edited };
    let other = World::new();
    let _ = block_on(other.users.insert(&doorward::store::User::from_snapshot(row).unwrap())).unwrap();
    assert!(other.fails(ANN, typed));
    let _ = world.signed_in(ANN, typed);
}

#[test]
fn s15_a_typed_form_of_its_own_costs_one_more_hash_for_everybody_alike() {
    let world = World::new();
    let _ = world.open("bob@acme.example", OLD);
    block_on(world.operator.import_user(account(ANN, &hash_elsewhere(TYPED[0])))).unwrap();
    let gone = world.open("gone@acme.example", OLD);
    block_on(world.operator.deactivate(gone.user_id())).unwrap();
    world.provision("new@acme.example");
    for (password, hashes) in [("only ASCII", 1), ("caf\u{e9}, composed", 1), (TYPED[0], 2), (TYPED[1], 2)] {
        for address in [NOBODY, "bob@acme.example", "gone@acme.example", "new@acme.example", ANN] {
            world.clock.advance(HOUR);
            // Of the imported one only a wrong password costs the same: the right one is hashed anew.
            let password = if address == ANN { password.replace("cafe", "cofe") } else { password.to_owned() };
            let computed = world.auth.hash_load().computed;
            assert!(world.fails(address, &password));
            assert_eq!(world.auth.hash_load().computed - computed, hashes, "{address} with {password:?}");
        }
    }
}

#[test]
fn a_new_password_is_compared_with_both_forms_of_an_imported_one() {
    let world = World::new();
    let hash = hash_elsewhere(TYPED[0]);
    let imported = block_on(world.operator.import_user(account(ANN, &hash))).unwrap();
    let mailed = world.confirm(ANN);
    let challenge = world.challenge(ANN, &mailed);
    let reused = block_on(world.auth.choose_password(&challenge, TYPED[0]));
    let reused = reused.expect_err("the same password");
    assert!(matches!(reused, doorward::error::ChoosePasswordError::Rejected { .. }), "{reused:?}");
    let ann = world.choose(&challenge, NEW);
    assert_eq!(ann.user_id(), &imported.user_id);
    assert!(!world.user(ANN).to_snapshot().contains("imported"), "a new password is not imported");
}

#[test]
fn in_one_step_an_imported_hash_is_replaced_after_the_answer() {
    let (later, after_the_answer) = std::sync::mpsc::channel();
    let world = World::with(|builder| builder.background(move |work| drop(later.send(work))));
    let hash = hash_elsewhere(TYPED[0]);
    block_on(world.operator.import_user(account(ANN, &hash))).unwrap();
    let request = doorward::SignInRequest::new(ANN, TYPED[0]).code("");
    let ann = complete(block_on(world.auth.try_sign_in(request)).unwrap());
    assert!(world.user(ANN).to_snapshot().contains("\"imported\":true"));
    // A signed-in user proves it again in the form in which it was typed.
    let computed = world.auth.hash_load().computed;
    let ann = block_on(world.auth.reauthenticate(&ann, TYPED[0])).unwrap();
    assert_eq!(world.auth.hash_load().computed - computed, 2);
    world.clock.advance(HOUR);
    assert!(block_on(world.auth.reauthenticate(&ann, "wrong")).is_err());
    after_the_answer.try_iter().for_each(block_on);
    let snapshot = world.user(ANN).to_snapshot();
    assert!(!snapshot.contains(&hash) && !snapshot.contains("imported"));
    let _ = world.signed_in(ANN, &canonical(TYPED[0]));
}

#[test]
fn an_imported_hash_stays_imported_in_another_seal() {
    let world = World::new();
    let hash = hash_elsewhere(TYPED[0]);
    let ann = block_on(world.operator.import_user(account(ANN, &hash))).unwrap().user_id;
    let sealing = world.restarted(|builder| {
        let configured = builder.keyring(keyring());
        configured.configure(|config| config.hashing.sealing = doorward::config::HashSealing::On)
    });
    let _ = block_on(sealing.operator.reseal(&ann)).unwrap();
    let snapshot = sealing.user(ANN).to_snapshot();
    assert!(!snapshot.contains(&hash) && snapshot.contains("\"imported\":true"), "{snapshot}");
    let _ = sealing.signed_in(ANN, TYPED[0]);
    assert!(!sealing.user(ANN).to_snapshot().contains("imported"));
    let _ = sealing.signed_in(ANN, &canonical(TYPED[0]));
}

/// Hashes made by other programs: see `tests/data/README.md`.
fn answers() -> Vec<serde_json::Value> {
    let files = [include_str!("../data/legacy_hashes.json"), include_str!("../data/legacy_hashes_php.json")];
    files.into_iter().flat_map(|file| serde_json::from_str::<Vec<_>>(file).unwrap()).collect()
}

/// For every hash of another program, the error says what the build needs to verify it, never that it is unknown.
#[test]
fn section_5_a_hash_that_takes_the_feature_names_it() {
    let answers = answers();
    let mut read = 0;
    for answer in &answers {
        match PasswordHash::parse(answer["hash"].as_str().unwrap()) {
            // Every build verifies current Argon2id.
            Ok(_) => read += 1,
            Err(MalformedHash::NeedsLegacyHashes) if cfg!(not(feature = "legacy-hashes")) => {}
            Err(other) => panic!("{}: {other}", answer["scheme"]),
        }
    }
    assert_eq!(read == answers.len(), cfg!(feature = "legacy-hashes"));
    let told = MalformedHash::NeedsLegacyHashes.to_string();
    assert!(told.contains("`legacy-hashes`"), "{told}");

    // Hashes that no build can verify do not name the feature.
    for unknown in ["", "$9$saltsaltsalt$AAECAwQFBgcICQoLDA0ODw", "hunter2", "5f4dcc3b5aa765d61d8327deb882cf9g"] {
        assert_eq!(PasswordHash::parse(unknown).unwrap_err(), MalformedHash::Unknown, "{unknown}");
    }
}

/// What is not read says which system it looks like and what to do; it never repeats the hash.
#[test]
fn a_text_that_is_no_hash_of_this_build_says_which_system_it_looks_like() {
    let cases = [
        ("5f4dcc3b5aa765d61d8327deb882cf99", "MD5 in hexadecimal digits", "FastHash"),
        ("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8", "SHA-1", "FastHash"),
        ("md5$salt$5f4dcc3b5aa765d61d8327deb882cf99", "Django", "FastHash"),
        ("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "MySQL", "reset"),
        ("!unusable", "Django", "reset"),
        ("$6$saltsalt$AAECAwQFBgcICQoLDA0ODw", "sha512-crypt", "reset"),
        ("$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7", "yescrypt", "reset"),
        ("{noop}password", "Spring", "reset"),
        ("{SSHA}nU0jLkMBYQxPjPVZdTdGSfLrCbTqdL9r", "LDAP", "reset"),
        ("{\"type\":\"password\"}", "Keycloak", "from_keycloak"),
        ("$argon2id$v=19$m=8388608,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAECAwQFBgcICQoLDA0ODw", "Argon2", "out of bounds"),
        ("$argon2id$v=19$m=64,t=2,p=1,keyid=AAAA$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODw", "Argon2", "out of bounds"),
    ];
    for (text, system, advice) in cases {
        let told = PasswordHash::parse(text).unwrap_err().to_string();
        assert!(told.contains(system) && told.contains(advice) && !told.contains(text), "{text}: {told}");
    }
    for (text, system) in [
        ("pbkdf2_sha256$0$saltsalt$AAAA", "Django"),
        ("scrypt:32768:8:1$salt$00", "Werkzeug"),
        ("$P$Bshort", "WordPress"),
        ("$2y$31$abcdefghijklmnopqrstuuW8Jn2hMGNlHRaQWBCFkSFZYh/8eTm3K", "bcrypt"),
        ("{bcrypt}hunter2", "Spring"),
    ] {
        let told = PasswordHash::parse(text).unwrap_err();
        let needs_feature = cfg!(not(feature = "legacy-hashes")) && told == MalformedHash::NeedsLegacyHashes;
        assert!(needs_feature || told.to_string().contains(system), "{text}: {told}");
    }
}

#[cfg(feature = "legacy-hashes")]
mod legacy {
    use std::collections::BTreeSet;

    use doorward::hashing::{FastHash, HashParams, HashRisk};
    use serde_json::Value;

    use super::*;

    fn accepting() -> World {
        World::with(|builder| builder.configure(|config| config.hashing.legacy = true))
    }

    fn text<'a>(answer: &'a Value, field: &str) -> &'a str {
        answer[field].as_str().unwrap()
    }

    #[test]
    fn every_scheme_signs_in_once_with_its_old_hash_and_never_again() {
        let world = accepting();
        let mut schemes = BTreeSet::new();
        for answer in answers() {
            // Each scheme in the form of each program.
            let scheme = format!("{} by {}", text(&answer, "scheme"), text(&answer, "made_by"));
            let (password, hash) = (text(&answer, "password"), text(&answer, "hash"));
            if answer["matches"] != true || password.is_empty() || !schemes.insert(scheme.clone()) {
                continue;
            }
            let address = format!("user-{}@acme.example", schemes.len());
            let imported = block_on(world.operator.import_user(account(&address, hash))).expect(&scheme);
            assert!(world.user(&address).to_snapshot().contains(hash));
            assert!(world.fails(&address, "wrong"), "{scheme}");
            let signed_in = world.signed_in(&address, password);
            assert_eq!(signed_in.user_id(), &imported.user_id);
            assert!(!world.user(&address).to_snapshot().contains(hash), "{scheme}: the hash was not replaced");
            let _ = world.signed_in(&address, password);
            assert!(world.fails(&address, "wrong"), "{scheme}");
        }
        assert!(schemes.len() >= 40, "{schemes:?}");
    }

    #[test]
    fn every_known_answer_is_given_also_through_the_crates_own_reader() {
        let world = accepting();
        for (index, answer) in answers().iter().enumerate().filter(|(index, _)| index % 11 == 0) {
            let (password, hash) = (text(answer, "password"), text(answer, "hash"));
            let address = format!("user-{index}@acme.example");
            block_on(world.operator.import_user(account(&address, hash))).unwrap();
            let entered = world.sign_in(&address, password).is_ok();
            assert_eq!(entered, answer["matches"] == true, "{}: {}", text(answer, "scheme"), text(answer, "note"));
        }
    }

    #[test]
    fn credentials_of_keycloak_sign_in() {
        let rows: Vec<Value> = serde_json::from_str(include_str!("../data/legacy_hashes_keycloak.json")).unwrap();
        let world = accepting();
        for (index, row) in rows.iter().enumerate() {
            let [data, secret] = ["credentialData", "secretData"].map(|field| text(row, field));
            let hash = PasswordHash::from_keycloak(data, secret).unwrap_or_else(|error| panic!("{data}: {error}"));
            assert_eq!(PasswordHash::parse(hash.as_str()).unwrap().scheme(), hash.scheme());
            let address = format!("user-{index}@acme.example");
            block_on(world.operator.import_user(Import::new(email(&address), hash))).unwrap();
            assert!(world.fails(&address, "wrong"));
            let _ = world.signed_in(&address, text(row, "password"));
            for (from, to) in [
                ("pbkdf2", "pbkdf3"),
                ("argon2", "argon3"),
                ("hashIterations\": ", "hashIterations\": 99999999"),
                ("[\"1.3\"]", "[\"1.3\",\"1.3\"]"),
                ("[\"1.3\"]", "[]"),
                ("\"salt\": \"", "\"salt\": \"*"),
                ("\"value\": \"", "\"value\": \"*"),
                ("\"value\"", "\"valeur\""),
                ("{", "["),
            ] {
                let [spoiled, spoiled_secret] = [data, secret].map(|text| text.replacen(from, to, 1));
                if (&*spoiled, &*spoiled_secret) != (data, secret) {
                    let error = PasswordHash::from_keycloak(&spoiled, &spoiled_secret).unwrap_err();
                    assert!(error.to_string().contains("Keycloak"), "{error}");
                }
            }
        }
        assert_eq!(rows.len(), 5);
    }

    #[test]
    fn a_fast_hash_is_taken_over_wrapped_and_replaced_at_the_first_sign_in() {
        let rows: Vec<Value> = serde_json::from_str(include_str!("../data/legacy_hashes_fast.json")).unwrap();
        let (world, strict) = (accepting(), World::new());
        let params = HashParams::danger_cheap_for_tests();
        for (index, row) in rows.iter().enumerate() {
            let digits = text(row, "hash");
            assert!(PasswordHash::parse(digits).is_err(), "never by itself");
            // The case of plain digits does not matter.
            let spelled = if digits.contains('$') { digits.to_owned() } else { digits.to_uppercase() };
            let mut fast = FastHash::parse(&spelled).unwrap();
            if !text(row, "before").is_empty() {
                fast = fast.salt_before(text(row, "before")).unwrap();
            }
            if !text(row, "after").is_empty() {
                fast = fast.salt_after(text(row, "after")).unwrap();
            }
            assert!(!format!("{fast:?}").contains(&digits[8..16]));
            let hash = fast.wrap(params).unwrap();
            assert_eq!(hash.scheme(), HashScheme::Argon2idOverFast);
            assert_eq!(hash.risks(), [HashRisk::FastInside, HashRisk::Weak], "and Argon2 with 8 KiB is weak");
            assert_eq!(fast.wrap(HashParams::default()).unwrap().risks(), [HashRisk::FastInside]);
            assert_eq!(PasswordHash::parse(hash.as_str()).unwrap().as_str(), hash.as_str());
            assert!(!hash.as_str().contains(&digits[digits.len() - 16..]), "the fast hash is nowhere in it");
            let address = format!("user-{index}@acme.example");
            let refused = block_on(strict.operator.import_user(account(&address, hash.as_str()))).unwrap_err();
            assert!(matches!(refused, ImportError::LegacyScheme));
            block_on(world.operator.import_user(account(&address, hash.as_str()))).unwrap();
            // The digits are not the password.
            assert!(world.fails(&address, "wrong") && world.fails(&address, digits));
            let _ = world.signed_in(&address, text(row, "password"));
            assert!(!world.user(&address).to_snapshot().contains("over-"));
            let _ = world.signed_in(&address, text(row, "password"));
        }
        assert_eq!(rows.len(), 17);
    }

    #[test]
    fn what_is_no_fast_hash_or_no_wrapped_one_is_refused() {
        for bad in [
            "",
            "5f4d",
            "5f4dcc3b5aa765d61d8327deb882cf9g",
            "$2y$10$abc",
            "md5$$5f4dcc3b5aa765d61d8327deb882cf99",
            "sha1$salt$5f4dcc3b5aa765d61d8327deb882cf99",
            "md5$salt",
            "!",
            " 5f4dcc3b5aa765d61d8327deb882cf9",
        ] {
            assert!(FastHash::parse(bad).is_err(), "{bad}");
        }
        let fast = FastHash::parse("5f4dcc3b5aa765d61d8327deb882cf99").unwrap();
        assert!(fast.clone().salt_before("").is_err() && fast.clone().salt_after(&"x".repeat(65)).is_err());
        let hash = fast.salt_before("salt").unwrap().wrap(HashParams::danger_cheap_for_tests()).unwrap();
        let good = hash.as_str();
        assert!(good.starts_with("$over-md5$before=c2FsdA,after=$argon2id$v=19$m=8,t=1,p=1$"), "{good}");
        for (from, to) in [
            ("over-md5", "over-md4"),
            ("over-md5", "over-"),
            ("before=c2FsdA", "before=c2FsdA=="),
            ("before=c2FsdA", "before=c2FsdB"),
            ("before=c2FsdA,after=", "after=,before=c2FsdA"),
            ("before=c2FsdA,after=", "before=c2FsdA"),
            (",after=", ",after=,after="),
            ("m=8,t=1,p=1", "t=1,m=8,p=1"),
            ("m=8,", "m=8388608,"),
            ("$argon2id", "$$argon2id"),
            ("$argon2id", "$bcrypt"),
        ] {
            assert!(good.contains(from), "{from}");
            assert!(PasswordHash::parse(&good.replacen(from, to, 1)).is_err(), "{to}");
        }
    }

    #[test]
    fn scenario_32_bcrypt_reads_72_bytes_so_longer_passwords_are_refused_and_the_import_says_so() {
        let world = accepting();
        let is_long = |answer: &Value| text(answer, "scheme") == "bcrypt" && text(answer, "password").len() == 73;
        let found = answers().into_iter().find(is_long);
        let answer = found.expect("a password of 73 bytes");
        let imported = block_on(world.operator.import_user(account(ANN, text(&answer, "hash")))).unwrap();
        assert!(imported.risks.contains(&HashRisk::Truncates));
        let typed = text(&answer, "password");
        assert!(world.fails(ANN, typed), "its 73rd byte was never hashed");
        assert!(world.fails(ANN, &format!("{}!", &typed[..72])), "any other ending would match as well");
        let challenge = world.challenge(ANN, &world.confirm(ANN));
        let _ = world.choose(&challenge, NEW);
        assert!(world.fails(ANN, &typed[..72]));
    }

    /// The feature alone changes nothing: another dependency may have switched it on.
    #[test]
    fn section_habits_hashes_of_other_systems_are_accepted_only_where_the_host_says_so() {
        let answer = answers().into_iter().find(|answer| text(answer, "scheme") == "bcrypt").unwrap();
        let (password, hash) = (text(&answer, "password"), text(&answer, "hash"));
        let world = accepting();
        block_on(world.operator.import_user(account(ANN, hash))).unwrap();

        let strict = world.restarted(|builder| builder);
        let refused = block_on(strict.operator.import_user(account("bob@acme.example", hash))).unwrap_err();
        assert_eq!((refused.code(), refused.http_status()), ("legacy_scheme", 422));
        assert!(strict.fails(ANN, password), "stored before, or put there by somebody who can write to the store");
        let fault = doorward::event::SecretFault::LegacyScheme;
        assert_eq!(strict.observer.count(&EventKind::HashUnusable { fault }), 1);
        assert!(strict.user(ANN).to_snapshot().contains(hash), "nothing is lost");
        let _ = world.signed_in(ANN, password);
    }
}
