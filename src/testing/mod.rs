//! Tools for tests, of this crate and of its hosts and adapters (feature `testing`): a clock that stands still, a mailer
//! that keeps what it is given, an observer that remembers, faults at any call of any port, and the conformance suite for
//! stores.
//!
//! Cheap hash parameters for tests are [`HashParams::danger_cheap_for_tests`](crate::hashing::HashParams::danger_cheap_for_tests).
//!
//! Nothing here belongs into a program that serves people. Like the adapters it uses public items only.

mod clock;
pub mod conformance;
mod faults;
mod join;
mod mailer;
mod observer;

pub use clock::ManualClock;
pub use faults::{Driven, Fault, Faults};
pub use join::join_all;
pub use mailer::{RecordedMail, RecordingMailer};
pub use observer::RecordingObserver;
