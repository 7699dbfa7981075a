//! Events as emitted through the `tracing` crate.
#![cfg(all(feature = "testing", feature = "tracing"))]

mod support;

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use doorward::account::UndeliverableReason;
use doorward::event::{EventKind, SecretFault, SignInFailureReason, TracingObserver};
use doorward::hashing::{HashParams, HashScheme};
use doorward::mail::PrintingMailer;
use doorward::session::{AuthMethod, SharingSigns};
use doorward::store::{AttemptKey, Attempts, BackendCode, BackendError, BackendErrorKind, MemoryUsers, Swap, Version};
use doorward::{AttemptStore, Auth, Observer};
use pollster::block_on;
use support::*;
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// A subscriber that collects every event as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "doorward"
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[test]
fn what_broke_is_told_with_its_kind_its_code_and_the_call() {
    #[derive(Debug)]
    struct Broken;

    #[doorward::async_trait]
    impl AttemptStore for Broken {
        async fn load(&self, _: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
            Err(BackendError::new(BackendErrorKind::TablesMissing)
                .with_code("42P01")
                .with_source("about ann@acme.example"))
        }

        async fn swap(&self, _: &AttemptKey, _: Option<Version>, _: &Attempts) -> Result<Swap, BackendError> {
            Err(BackendError::new(BackendErrorKind::Unavailable))
        }

        async fn purge(&self, _: OffsetDateTime, _: u32) -> Result<u64, BackendError> {
            Ok(0)
        }
    }

    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let builder = Auth::builder(site(), MemoryUsers::new(), Broken, PrintingMailer).observer(TracingObserver);
        let auth = builder.configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests()).build();
        assert!(block_on(auth.unwrap().try_sign_in(doorward::SignInRequest::new(ANN, OLD))).is_err());
    });
    let lines = lines.0.lock().unwrap();
    let [failed] = &lines[..] else { panic!("{lines:?}") };
    for part in ["ERROR", "sys_store_failed", r#" error="tables_missing""#, r#" code="42P01""#, r#" call="load""#] {
        assert!(failed.contains(part), "{part} is not in {failed}");
    }
    assert!(!failed.contains('@'), "{failed}");
}

#[test]
fn every_event_is_emitted_with_its_name_and_level_and_without_secrets() {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let world = World::with(|builder| builder.observer(doorward::event::TracingObserver));
        let _ = world.open(ANN, OLD);
        assert!(world.fails(ANN, "wrong"));
        let subject = world.auth.email_pseudonym(&email(ANN));
        let lines = lines.0.lock().unwrap();
        let failed = lines.iter().find(|line| line.contains("authn_login_fail")).unwrap();
        assert!(failed.starts_with(&Level::WARN.to_string()) && failed.contains(subject.as_str()), "{failed}");
        assert!(lines.iter().any(|line| line.starts_with("INFO") && line.contains("user_created")));
        let all = lines.join("\n");
        assert!(
            !all.contains(ANN) && !all.contains(OLD) && !all.contains("wrong"),
            "an address or a password in {all}"
        );
    });
}

#[test]
fn a_rejected_code_says_how_far_off_a_phone_is() {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        for steps_off in [Some(-9), None] {
            let kind = EventKind::SecondFactorFailed { steps_off };
            TracingObserver.observe(&doorward::event::Event::new(OffsetDateTime::UNIX_EPOCH, kind));
        }
    });
    let lines = lines.0.lock().unwrap();
    assert!(lines[0].contains("steps_off=-9") && !lines[1].contains("steps_off="), "{lines:?}");
}

#[test]
fn section_5_every_event_has_the_level_that_is_written_here() {
    let (error, code) = (BackendErrorKind::Unavailable, BackendCode::new("io-refused"));
    let fault = SecretFault::UnknownKey;
    let broke = [
        EventKind::StoreFailed { call: "find_by_id", error, code: code.clone() },
        EventKind::MailFailed { mail: "welcome", error, code: code.clone() },
        EventKind::BreachLookupFailed { error, code: code.clone() },
        EventKind::MailGivenUp { mail: "welcome" },
        EventKind::RepositoryMismatch,
        EventKind::BackgroundWorkLost { pieces: 1 },
        EventKind::HashUnusable { fault },
        EventKind::TotpSecretUnusable { fault },
    ];
    let refused = [
        EventKind::DeletionLinkRejected,
        EventKind::DeletionLinkDamaged,
        EventKind::RegistrationCoolingDown,
        EventKind::RegistrationWithheld,
        EventKind::RegistrationLinkRejected,
        EventKind::RegistrationLinkDamaged,
        EventKind::SharingSuspected { signs: SharingSigns::default() },
        EventKind::SignInFailed { reason: SignInFailureReason::WrongPassword },
        EventKind::SecondFactorFailed { steps_off: None },
        EventKind::ManyWrongCodes,
        EventKind::ClockSkew { ahead: SECOND },
        EventKind::ReauthenticationFailed,
        EventKind::PasswordChangeFailed,
        EventKind::PasswordRejected { violations: 1 },
        EventKind::Throttled { retry_after: SECOND },
        EventKind::Busy,
        EventKind::ChallengeRejected,
        EventKind::SessionRejected,
        EventKind::ResetCoolingDown,
        EventKind::ResetLinkWithheld,
        EventKind::ResetLinkRejected,
        EventKind::ResetLinkDamaged,
        EventKind::MailDelayed { error, code },
        EventKind::Undeliverable { reason: UndeliverableReason::HardBounce },
        EventKind::CrossSiteRefused { origin: None },
        EventKind::EmailChangeLinkWithheld,
        EventKind::EmailChangeUndone { second_factor_removed: true },
        EventKind::EmailLinkRejected,
        EventKind::EmailLinkDamaged,
    ];
    let ordinary = [
        EventKind::Provisioned,
        EventKind::WelcomeReissued,
        EventKind::EmailCorrected,
        EventKind::Imported { scheme: HashScheme::Argon2id },
        EventKind::SignedIn { after_failures: 0 },
        EventKind::SignedIn { after_failures: 3 },
        EventKind::PasswordChangeRequired,
        EventKind::SecondFactorRequired,
        EventKind::EnrollmentRequired,
        EventKind::SecondFactorPassed { method: AuthMethod::Totp },
        EventKind::EnrollmentBegun,
        EventKind::SecondFactorEnabled,
        EventKind::SecondFactorDisabled,
        EventKind::RecoveryCodesRegenerated,
        EventKind::SecondFactorReset { reason: "a lost phone".into() },
        EventKind::Reauthenticated { method: AuthMethod::Password },
        EventKind::PasswordChanged,
        EventKind::ResetRequested,
        EventKind::ResetLinkIssued,
        EventKind::ResetConfirmed,
        EventKind::ResetCompleted,
        EventKind::DeviceGranted,
        EventKind::DeviceRevoked,
        EventKind::SignedOutEverywhere,
        EventKind::Deactivated,
        EventKind::Reactivated,
        EventKind::PasswordChangeForced,
        EventKind::SignedOut,
        EventKind::SessionRevoked,
        EventKind::MarkedCompromised,
        EventKind::RecoveryCancelled,
        EventKind::Deleted,
        EventKind::Deliverable,
        EventKind::RegistrationRequested,
        EventKind::RegistrationLinkIssued,
        EventKind::Invited,
        EventKind::Registered,
        EventKind::EmailChangeRequested,
        EventKind::EmailChangeLinkMailed,
        EventKind::EmailChanged,
        EventKind::EmailChangedByOperator,
        EventKind::DeletionRequested,
        EventKind::DeletionUndone,
        EventKind::Exported,
    ];
    let housekeeping = [
        EventKind::Rehashed { from: HashScheme::Argon2id },
        EventKind::Resealed,
        EventKind::AttemptsPurged { entries: 1 },
    ];

    // Every event name must be here, so that none is missing from the list.
    let source = include_str!("../src/event/kind.rs");
    let (_, names) = source.split_once("pub fn name(&self)").unwrap();
    let names: Vec<&str> = names.split('"').skip(1).step_by(2).collect();
    let listed: Vec<_> = [&broke[..], &refused, &ordinary, &housekeeping].concat();
    assert_eq!(names.len(), listed.len());
    for name in names {
        assert!(listed.iter().any(|kind| kind.name() == name), "{name} is not in the list");
    }

    let told = |kind: &EventKind| {
        let lines = Lines::default();
        tracing::subscriber::with_default(lines.clone(), || {
            TracingObserver.observe(&doorward::event::Event::new(OffsetDateTime::UNIX_EPOCH, kind.clone()));
        });
        let mut lines = lines.0.lock().unwrap();
        assert_eq!(lines.len(), 1);
        lines.remove(0)
    };
    for (level, kinds) in [("ERROR", &broke[..]), ("WARN", &refused), ("INFO", &ordinary), ("DEBUG", &housekeeping)] {
        for kind in kinds {
            assert!(told(kind).starts_with(level), "{level}: {}", told(kind));
        }
    }
    // Failures of a component include their cause.
    for kind in &broke[..3] {
        assert!(told(kind).contains(r#" error="unavailable" code="io-refused""#), "{}", told(kind));
    }
    for kind in &broke[6..] {
        assert!(told(kind).contains(r#" fault="unknown_key""#), "{}", told(kind));
    }
}

#[test]
fn section_5_a_store_whose_driver_has_no_code_says_what_its_connection_suffers() {
    #[derive(Debug)]
    struct Unreached;

    #[doorward::async_trait]
    impl AttemptStore for Unreached {
        async fn load(&self, _: &AttemptKey) -> Result<Option<Attempts>, BackendError> {
            let about = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "about ann@acme.example");
            Err(BackendError::unavailable(about))
        }

        async fn swap(&self, _: &AttemptKey, _: Option<Version>, _: &Attempts) -> Result<Swap, BackendError> {
            Ok(Swap::Stale)
        }

        async fn purge(&self, _: OffsetDateTime, _: u32) -> Result<u64, BackendError> {
            Ok(0)
        }
    }

    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let builder = Auth::builder(site(), MemoryUsers::new(), Unreached, PrintingMailer).observer(TracingObserver);
        let auth = builder.configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests()).build();
        assert!(block_on(auth.unwrap().try_sign_in(doorward::SignInRequest::new(ANN, OLD))).is_err());
    });
    let lines = lines.0.lock().unwrap();
    let [failed] = &lines[..] else { panic!("{lines:?}") };
    assert!(failed.contains(r#" error="unavailable" code="io-refused" call="load""#), "{failed}");
    assert!(!failed.contains('@'), "{failed}");
}
