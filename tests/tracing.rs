//! Events as they come out of the `tracing` crate.
#![cfg(all(feature = "testing", feature = "tracing"))]

mod support;

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use doorward::{
    AttemptKey, AttemptStore, Attempts, Auth, BackendError, BackendErrorKind, HashParams, MemoryUsers, PrintingMailer,
    Swap, TracingObserver, Version,
};
use pollster::block_on;
use support::*;
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// A subscriber that writes every event into one text.
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

        async fn purge(&self, _: OffsetDateTime) -> Result<u64, BackendError> {
            Ok(0)
        }
    }

    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let builder = Auth::builder(site(), MemoryUsers::new(), Broken, PrintingMailer).observer(TracingObserver);
        let auth = builder.configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests()).build();
        assert!(block_on(auth.unwrap().request_reset(&email(ANN))).is_err());
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
        let world = World::with(|builder| builder.observer(doorward::TracingObserver));
        let _ = world.open(ANN, OLD);
        assert!(world.fails(ANN, "wrong"));
        let subject = world.auth.subject(&email(ANN));
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
