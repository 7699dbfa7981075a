//! Test tools for this crate, hosts and adapters (feature `testing`): a manual clock, a recording mailer, a recording observer,
//! faults at any call of any port, and the conformance suite for stores.
//!
//! Cheap hash parameters for tests are [`HashParams::danger_cheap_for_tests`](crate::hashing::HashParams::danger_cheap_for_tests).
//!
//! Not for production. Like the adapters, it uses public items only.

mod clock;
pub mod conformance;
mod faults;
mod mailer;
mod observer;

pub use clock::ManualClock;
pub use faults::{Driven, Fault, Faults};
pub use mailer::{RecordedMail, RecordingMailer};
pub use observer::RecordingObserver;

pub use crate::engine::join_all;
