//! Every flow with every fault at every call of a port: the k-th call fails, or takes effect and loses its answer, or the
//! future is dropped before or after it. Whatever happened, no door is open, nothing works twice, and the user gets in at
//! once or by a new request after the cooldown.
#![cfg(feature = "testing")]

mod support;

use doorward::testing::{Driven, Fault, Faults};
use doorward::{
    Auth, Challenge, DeviceId, HashParams, Import, ImportError, Keyring, PasswordHash, Provision, ProvisionError,
    Resealed, ResetMode, SignIn, SignInError, SignInRequest, SignedIn, UserId,
};
use pollster::block_on;
use support::*;

const FINAL: &str = "three owls in one oak tree";

/// A world, and a second `Auth` over the same stores whose ports have faults.
struct Stage {
    world: World,
    faulty: Auth,
    faults: Faults,
}

impl Stage {
    fn new(mode: ResetMode) -> Self {
        // It opens seals, but makes none: both ways of keeping hashes are met.
        let world = World::with(|builder| builder.keyring(keyring()).configure(|config| config.reset.mode = mode));
        let faults = Faults::new();
        let (users, attempts) = (faults.users(world.users.clone()), faults.attempts(world.attempts.clone()));
        let faulty = Auth::builder(site(), users, attempts, faults.mailer(world.mailer.clone()))
            .clock(world.clock.clone())
            .keyring(keyring())
            .configure(|config| {
                config.reset.mode = mode;
                config.hashing.params = HashParams::danger_cheap_for_tests();
                config.hashing.sealing = doorward::HashSealing::On;
                config.hashing.threads = std::num::NonZeroUsize::new(1);
            })
            .build()
            .unwrap();
        Self { world, faulty, faults }
    }

    /// Another `Auth` that seals, without faults.
    fn sealing(&self) -> Auth {
        Auth::builder(site(), self.world.users.clone(), self.world.attempts.clone(), self.world.mailer.clone())
            .clock(self.world.clock.clone())
            .keyring(keyring())
            .configure(|config| {
                config.hashing.params = HashParams::danger_cheap_for_tests();
                config.hashing.sealing = doorward::HashSealing::On;
            })
            .build()
            .unwrap()
    }

    /// The user gets in with one of these, or by a reset; then nothing of what was before works any more.
    fn gets_in(&self, known: &[&str]) {
        let world = &self.world;
        assert!(world.fails(ANN, "never right"), "a door is open");
        let mut works = known.iter().filter(|password| match world.sign_in(ANN, password) {
            Ok(SignIn::Complete(_)) => true,
            Ok(SignIn::PasswordChangeRequired(challenge)) => {
                world.choose(&challenge, FINAL);
                true
            }
            Err(SignInError::InvalidCredentials) => false,
            other => panic!("{other:?}"),
        });
        if works.next().is_some() {
            return;
        }
        world.clock.advance(HOUR);
        let mailed = world.confirm(ANN);
        let challenge = world.challenge(ANN, &mailed);
        world.choose(&challenge, FINAL);
        for password in known.iter().chain([&mailed.as_str()]) {
            assert!(world.fails(ANN, password), "something works twice");
        }
        world.signed_in(ANN, FINAL);
    }

    /// How many of these passwords sign in, at once or by way of a choice.
    fn working(&self, passwords: &[&str]) -> usize {
        passwords.iter().filter(|password| self.world.sign_in(ANN, password).is_ok()).count()
    }
}

fn keyring() -> Keyring {
    Keyring::new("a", [7; 32]).unwrap()
}

/// Runs a flow with every fault at every call. `verify` is told what it answered: `None` if it was dropped.
fn check<C>(
    name: &str,
    prepare: impl Fn(&Stage) -> C,
    run: impl AsyncFn(&Auth, &C) -> bool,
    verify: impl Fn(&Stage, &C, Option<bool>),
) {
    check_in(ResetMode::TemporaryPassword, name, prepare, run, verify);
}

fn check_in<C>(
    mode: ResetMode,
    name: &str,
    prepare: impl Fn(&Stage) -> C,
    run: impl AsyncFn(&Auth, &C) -> bool,
    verify: impl Fn(&Stage, &C, Option<bool>),
) {
    let mut cases = 0;
    for k in 1.. {
        let mut struck = false;
        for fault in Fault::ALL {
            let stage = Stage::new(mode);
            let context = prepare(&stage);
            stage.faults.strike(k, fault);
            let answer = match stage.faults.drive(run(&stage.faulty, &context)) {
                Driven::Finished(succeeded) => Some(succeeded),
                Driven::Dropped => None,
            };
            if !stage.faults.has_struck() {
                assert_eq!(answer, Some(true), "{name} works without a fault");
                continue;
            }
            struck = true;
            cases += 1;
            stage.faults.relent();
            verify(&stage, &context, answer);
        }
        if !struck {
            break;
        }
        assert!(k < 100, "{name} calls ports without end");
    }
    assert!(cases >= 4, "{name} was struck by no fault");
    println!("{name}: {cases} cases");
}

fn ann(stage: &Stage) -> SignedIn {
    stage.world.open(ANN, OLD)
}

#[test]
fn s01_provision() {
    let settle = |stage: &Stage, answer: Option<bool>| {
        match block_on(stage.world.auth.provision(email(ANN))) {
            // It had not taken effect.
            Ok(_) => assert_ne!(answer, Some(true)),
            // It had: a fresh mail goes out, and the one before is void.
            Err(ProvisionError::EmailTaken) => {
                block_on(stage.world.auth.resend_welcome(stage.world.user(ANN).id())).unwrap();
            }
            Err(error) => panic!("{error:?}"),
        }
        stage.gets_in(&[&stage.world.mailed_password()]);
    };
    check(
        "provision",
        |_| (),
        async |auth, ()| auth.provision(email(ANN)).await.is_ok(),
        |stage, (), answer| settle(stage, answer),
    );
    check(
        "provision under the host's id",
        |_| Provision::new(email(ANN)).id(UserId::parse("4711").unwrap()),
        async |auth, account| auth.provision(account.clone()).await.is_ok(),
        |stage, _, answer| settle(stage, answer),
    );
    check(
        "provision_revealing",
        |_| (),
        async |auth, ()| auth.provision_revealing(email(ANN)).await.is_ok(),
        |stage, (), answer| settle(stage, answer),
    );
}

#[test]
fn import_user() {
    check(
        "import_user",
        |_| {
            let hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
            Import::new(email(ANN), PasswordHash::parse(hash).unwrap())
        },
        async |auth, account| auth.import_user(account.clone()).await.is_ok(),
        |stage, account, answer| {
            match block_on(stage.world.auth.import_user(account.clone())) {
                // It had not taken effect.
                Ok(_) => assert_ne!(answer, Some(true)),
                Err(ImportError::EmailTaken) => {}
                Err(error) => panic!("{error:?}"),
            }
            stage.gets_in(&["password"]);
        },
    );
}

#[test]
fn reseal() {
    check(
        "reseal",
        |stage| ann(stage).user_id().clone(),
        async |auth, id| auth.reseal(id).await.is_ok(),
        |stage, id, _| {
            assert_ne!(block_on(stage.sealing().reseal(id)).unwrap(), Resealed::KeyMissing);
            assert!(stage.world.user(ANN).to_snapshot().contains("$sealed$v=1$k=a$"));
            assert!(block_on(stage.sealing().try_sign_in(SignInRequest::new(ANN, OLD))).is_ok());
            stage.gets_in(&[OLD]);
        },
    );
}

#[test]
fn s01_resend_and_correct() {
    let prepare = |stage: &Stage| {
        let id = stage.world.provision("ann@acme.exmaple");
        (id, stage.world.mailed_password())
    };
    check(
        "resend_welcome",
        |stage| (stage.world.provision(ANN), stage.world.mailed_password()),
        async |auth, (id, _)| auth.resend_welcome(id).await.is_ok(),
        |stage, (id, first), answer| {
            if answer == Some(true) {
                assert!(stage.world.fails(ANN, first));
            }
            block_on(stage.world.auth.resend_welcome(id)).unwrap();
            assert!(stage.world.fails(ANN, first));
            stage.gets_in(&[&stage.world.mailed_password()]);
        },
    );
    check(
        "correct_email",
        prepare,
        async |auth, (id, _)| auth.correct_email(id, email(ANN)).await.is_ok(),
        |stage, (id, first), _| {
            block_on(stage.world.auth.correct_email(id, email(ANN))).unwrap();
            assert!(stage.world.fails("ann@acme.exmaple", first) && stage.world.fails(ANN, first));
            stage.gets_in(&[&stage.world.mailed_password()]);
        },
    );
}

#[test]
fn s15_sign_in() {
    check(
        "sign_in with the own password",
        ann,
        async |auth, _| auth.try_sign_in(SignInRequest::new(ANN, OLD)).await.is_ok(),
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in on a known device",
        |stage| device(&ann(stage)),
        async |auth, cookie| auth.try_sign_in(SignInRequest::new(ANN, OLD).device(cookie)).await.is_ok(),
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in from a source",
        ann,
        async |auth, _| {
            let source = doorward::Source::from_ip([192, 0, 2, 7].into());
            auth.try_sign_in(SignInRequest::new(ANN, OLD).source(source)).await.is_ok()
        },
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in with a wrong password",
        ann,
        async |auth, _| {
            let outcome = auth.try_sign_in(SignInRequest::new(ANN, "wrong")).await;
            assert!(outcome.is_err());
            matches!(outcome, Err(SignInError::InvalidCredentials))
        },
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in of nobody",
        ann,
        async |auth, _| {
            let outcome = auth.try_sign_in(SignInRequest::new(NOBODY, OLD)).await;
            assert!(outcome.is_err());
            matches!(outcome, Err(SignInError::InvalidCredentials))
        },
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "sign_in with a temporary password",
        |stage| {
            stage.world.provision(ANN);
            stage.world.mailed_password()
        },
        async |auth, mailed| auth.try_sign_in(SignInRequest::new(ANN, mailed)).await.is_ok(),
        |stage, mailed, _| stage.gets_in(&[mailed]),
    );
    check(
        "sign_in with a hash of old parameters",
        |stage| {
            let weaker = HashParams::danger_weak(16, 2, 1).unwrap();
            let older = Auth::builder(
                site(),
                stage.world.users.clone(),
                stage.world.attempts.clone(),
                stage.world.mailer.clone(),
            )
            .clock(stage.world.clock.clone())
            .configure(|config| config.hashing.params = weaker)
            .build()
            .unwrap();
            stage.world.provision(ANN);
            let challenge = stage.world.challenge(ANN, &stage.world.mailed_password());
            block_on(older.choose_password(&challenge, OLD)).unwrap();
        },
        async |auth, ()| auth.try_sign_in(SignInRequest::new(ANN, OLD)).await.is_ok(),
        |stage, (), _| stage.gets_in(&[OLD]),
    );
}

#[test]
fn s02_choose_password() {
    let after_provision = |stage: &Stage| -> (Challenge, String) {
        stage.world.provision(ANN);
        let mailed = stage.world.mailed_password();
        (stage.world.challenge(ANN, &mailed), mailed)
    };
    let after_reset = |stage: &Stage| {
        ann(stage);
        let mailed = stage.world.confirm(ANN);
        (stage.world.challenge(ANN, &mailed), mailed)
    };
    let verify = |stage: &Stage, challenge: &Challenge, mailed: &str, answer: Option<bool>| {
        let works = stage.working(&[mailed, NEW]);
        assert_eq!(works, 1, "the temporary password is consumed by the change, and by nothing else");
        if answer == Some(true) {
            assert!(stage.world.fails(ANN, mailed));
        }
        let chosen = block_on(stage.world.auth.choose_password(challenge, FINAL)).is_ok();
        assert_eq!(chosen, stage.world.fails(ANN, NEW), "a challenge works once");
        stage.gets_in(&[NEW, FINAL]);
    };
    check(
        "choose_password after provision",
        after_provision,
        async |auth, (challenge, _)| auth.choose_password(challenge, NEW).await.is_ok(),
        |stage, (challenge, mailed), answer| verify(stage, challenge, mailed, answer),
    );
    check(
        "choose_password after a reset",
        after_reset,
        async |auth, (challenge, _)| auth.choose_password(challenge, NEW).await.is_ok(),
        |stage, (challenge, mailed), answer| {
            if stage.world.fails(ANN, mailed) {
                assert!(stage.world.fails(ANN, OLD));
            }
            verify(stage, challenge, mailed, answer);
        },
    );
}

#[test]
fn s03_change_password() {
    check(
        "change_password",
        ann,
        async |auth, ann| auth.change_password(ann, OLD, NEW).await.is_ok(),
        |stage, ann, answer| {
            let changed = stage.world.fails(ANN, OLD);
            assert_eq!(changed, !stage.world.is_live(ann), "the session lives until the change is stored");
            assert!(answer != Some(true) || changed);
            assert_eq!(stage.working(&[OLD, NEW]), 1);
            stage.gets_in(&[OLD, NEW]);
        },
    );
    check(
        "change_password with a wrong one",
        ann,
        async |auth, ann| {
            let outcome = auth.change_password(ann, "wrong", NEW).await;
            assert!(outcome.is_err());
            outcome.is_err_and(|error| error.code() == "current_password_wrong")
        },
        |stage, ann, _| {
            assert!(stage.world.is_live(ann) && stage.world.fails(ANN, NEW));
            stage.gets_in(&[OLD]);
        },
    );
}

#[test]
fn s09_reset() {
    check(
        "request_reset",
        ann,
        async |auth, _| auth.request_reset(&email(ANN)).await.is_ok(),
        |stage, ann, _| {
            assert!(stage.world.is_live(ann), "requesting changes nothing");
            stage.world.clock.advance(5 * MINUTE);
            let mailed = stage.world.confirm(ANN);
            stage.gets_in(&[&mailed]);
        },
    );
    check(
        "request_reset of nobody",
        ann,
        async |auth, _| auth.request_reset(&email(NOBODY)).await.is_ok(),
        |stage, _, _| stage.gets_in(&[OLD]),
    );
    check(
        "confirm_reset",
        |stage| {
            ann(stage);
            let token = stage.world.request(ANN);
            (token, stage.world.mailer.count())
        },
        async |auth, (token, _)| auth.confirm_reset(token).await.is_ok(),
        |stage, (token, mails), answer| {
            let mailed = stage.world.mailer.count() - mails;
            assert!(mailed <= 1 && (answer != Some(true) || mailed == 1));
            // The same link, at once or after the cooldown, heals whatever was lost.
            let again = block_on(stage.world.auth.confirm_reset(token));
            if again.is_err() {
                stage.world.clock.advance(5 * MINUTE);
                block_on(stage.world.auth.confirm_reset(token)).unwrap();
            }
            let latest = stage.world.mailed_password();
            if mailed == 1 {
                let mails = stage.world.mailer.mails();
                let first = mails[mails.len() - 2].temporary_password();
                assert!(first.is_none_or(|first| first == latest || stage.world.fails(ANN, &first)));
            }
            let challenge = stage.world.challenge(ANN, &latest);
            stage.world.choose(&challenge, NEW);
            assert!(stage.world.fails(ANN, OLD) && stage.world.fails(ANN, &latest));
            assert!(block_on(stage.world.auth.confirm_reset(token)).is_err(), "a completed reset voids its links");
            stage.gets_in(&[NEW]);
        },
    );
    check(
        "inspect_reset",
        |stage| {
            ann(stage);
            stage.world.request(ANN)
        },
        async |auth, token| matches!(auth.inspect_reset(token).await, Ok(doorward::LinkStatus::Usable)),
        |stage, token, _| {
            block_on(stage.world.auth.confirm_reset(token)).unwrap();
            stage.gets_in(&[OLD]);
        },
    );
    check_in(
        ResetMode::ChooseNewPassword,
        "complete_reset",
        |stage| {
            ann(stage);
            stage.world.request(ANN)
        },
        async |auth, token| auth.complete_reset(token, NEW).await.is_ok(),
        |stage, token, answer| {
            let works = stage.working(&[OLD, NEW]);
            assert_eq!(works, 1);
            let changed = stage.world.fails(ANN, OLD);
            assert!(answer != Some(true) || changed);
            let again = block_on(stage.world.auth.complete_reset(token, FINAL)).is_ok();
            assert_eq!(again, !changed, "a link sets a password once");
            stage.world.signed_in(ANN, if changed { NEW } else { FINAL });
        },
    );
}

#[test]
fn s06_account() {
    check(
        "resume",
        ann,
        async |auth, ann| auth.resume(ann.session()).await.is_ok(),
        |stage, ann, _| {
            assert!(stage.world.is_live(ann));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "sign_out_others",
        |stage| (ann(stage), stage.world.signed_in(ANN, OLD)),
        async |auth, (desk, _)| auth.sign_out_others(desk).await.is_ok(),
        |stage, (_, phone), answer| {
            assert!(answer != Some(true) || !stage.world.is_live(phone));
            stage.gets_in(&[OLD]);
        },
    );
    check("devices", ann, async |auth, ann| auth.devices(ann).await.is_ok(), |stage, _, _| stage.gets_in(&[OLD]));
    check(
        "revoke_device",
        |stage| -> (SignedIn, DeviceId) {
            let ann = ann(stage);
            let id = block_on(stage.world.auth.devices(&ann)).unwrap()[0].id();
            (ann, id)
        },
        async |auth, (ann, id)| auth.revoke_device(ann, *id).await.is_ok(),
        |stage, (ann, id), answer| {
            let again = block_on(stage.world.auth.revoke_device(ann, *id));
            assert!(answer != Some(true) || again.is_err());
            assert!(block_on(stage.world.auth.devices(ann)).unwrap().is_empty());
            stage.gets_in(&[OLD]);
        },
    );
}

#[test]
fn s18_admin() {
    check(
        "deactivate",
        ann,
        async |auth, ann| auth.deactivate(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || !stage.world.is_live(ann));
            block_on(stage.world.auth.deactivate(ann.user_id())).unwrap();
            assert!(stage.world.fails(ANN, OLD) && !stage.world.is_live(ann));
            block_on(stage.world.auth.reactivate(ann.user_id())).unwrap();
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "reactivate",
        |stage| {
            let ann = ann(stage);
            block_on(stage.world.auth.deactivate(ann.user_id())).unwrap();
            ann
        },
        async |auth, ann| auth.reactivate(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || stage.world.sign_in(ANN, OLD).is_ok());
            assert!(!stage.world.is_live(ann));
            block_on(stage.world.auth.reactivate(ann.user_id())).unwrap();
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "require_password_change",
        ann,
        async |auth, ann| auth.require_password_change(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || !stage.world.is_live(ann));
            block_on(stage.world.auth.require_password_change(ann.user_id())).unwrap();
            assert!(matches!(stage.world.sign_in(ANN, OLD), Ok(SignIn::PasswordChangeRequired(_))));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "mark_compromised",
        ann,
        async |auth, ann| auth.mark_compromised(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || stage.world.fails(ANN, OLD));
            block_on(stage.world.auth.mark_compromised(ann.user_id())).unwrap();
            assert!(stage.world.fails(ANN, OLD) && !stage.world.is_live(ann));
            stage.gets_in(&[]);
        },
    );
    check(
        "sign_out_everywhere",
        ann,
        async |auth, ann| auth.sign_out_everywhere(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            assert!(answer != Some(true) || !stage.world.is_live(ann));
            stage.gets_in(&[OLD]);
        },
    );
    check(
        "delete",
        ann,
        async |auth, ann| auth.delete(ann.user_id()).await.is_ok(),
        |stage, ann, answer| {
            let again = block_on(stage.world.auth.delete(ann.user_id()));
            assert!(answer != Some(true) || again.is_err());
            assert!(stage.world.fails(ANN, OLD) && !stage.world.is_live(ann));
            stage.world.provision(ANN);
            stage.gets_in(&[&stage.world.mailed_password()]);
        },
    );
    check("purge", ann, async |auth, _| auth.purge().await.is_ok(), |stage, _, _| stage.gets_in(&[OLD]));
}
