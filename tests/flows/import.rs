//! Taking over accounts of another system.

use doorward::{EventKind, HashScheme, Import, ImportError, PasswordHash, SignIn, SignInFailure, UserId, WelcomeError};
use pollster::block_on;

use crate::support::*;

/// "password" by the reference implementation (`tests/data/argon2_reference.json`).
const ARGON2ID: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

fn account(address: &str, hash: &str) -> Import {
    Import::new(email(address), PasswordHash::parse(hash).unwrap())
}

#[test]
fn an_imported_user_signs_in_with_the_old_password_and_the_hash_becomes_a_new_one() {
    let world = World::new();
    let imported = block_on(world.auth.import_user(account(ANN, ARGON2ID))).unwrap();
    assert_eq!((imported.scheme, imported.risks.len()), (HashScheme::Argon2id, 1), "256 KiB are few");
    assert_eq!(world.mailer.count(), 0, "nothing is mailed");
    assert_eq!(world.observer.count(&EventKind::Imported { scheme: HashScheme::Argon2id }), 1);
    assert!(world.fails(ANN, "Password"));
    assert!(world.user(ANN).to_snapshot().contains("m=256"), "a failure changes nothing");
    let ann = world.signed_in(ANN, "password");
    assert_eq!(ann.user_id(), &imported.user_id);
    assert!(!world.user(ANN).to_snapshot().contains("m=256"), "a success rehashes");
    let computed = world.auth.hash_load().computed;
    world.signed_in(ANN, "password");
    assert_eq!(world.auth.hash_load().computed, computed + 1, "and from then on it costs one hash");
}

#[test]
fn s12_an_imported_user_can_reset_and_is_not_welcomed() {
    let world = World::new();
    let imported = block_on(world.auth.import_user(account(ANN, ARGON2ID))).unwrap();
    let welcome = block_on(world.auth.resend_welcome(&imported.user_id));
    assert!(matches!(welcome, Err(WelcomeError::PasswordChosen)));
    let mailed = world.confirm(ANN);
    let challenge = world.challenge(ANN, &mailed);
    world.choose(&challenge, NEW);
    assert!(world.fails(ANN, "password"));
}

#[test]
fn s02_a_change_can_be_asked_of_an_imported_user() {
    let world = World::new();
    block_on(world.auth.import_user(account(ANN, ARGON2ID).require_password_change())).unwrap();
    assert!(matches!(world.sign_in(ANN, "password"), Ok(SignIn::PasswordChangeRequired(_))));
}

#[test]
fn a_taken_address_or_id_is_told_to_the_operator_and_nothing_is_stored() {
    let (world, ann) = World::with_ann();
    let again = block_on(world.auth.import_user(account("Ann@ACME.example", ARGON2ID)));
    assert!(matches!(again, Err(ImportError::EmailTaken)));
    let id = UserId::parse(ann.user_id().as_str()).unwrap();
    let same = block_on(world.auth.import_user(account("bob@acme.example", ARGON2ID).id(id)));
    assert!(matches!(same, Err(ImportError::IdTaken)));
    world.signed_in(ANN, OLD);
    assert!(world.fails("bob@acme.example", "password"));
    let reason = SignInFailure::UnknownEmail;
    assert_eq!(world.observer.count(&EventKind::SignInFailed { reason }), 1);
}
