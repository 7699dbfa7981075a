//! Events: everything that happened, for audit logs, metrics and alarms.
//!
//! An [`Observer`] receives each [`Event`]; [`PrintingObserver`] prints them, `TracingObserver` (feature `tracing`) logs them. The
//! variants of [`EventKind`] list everything that is reported; [`EventKind::name`] returns the name that appears in logs.

mod kind;
pub(crate) mod observer;
mod printing;
mod pseudonym;
mod reason;
mod record;
#[cfg(feature = "tracing")]
mod tracing;

pub use kind::EventKind;
pub(crate) use observer::Observer;
pub use observer::SilentObserver;
pub use printing::PrintingObserver;
pub use pseudonym::EmailPseudonym;
pub use reason::SignInFailureReason;
pub use record::Event;
#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
pub use tracing::TracingObserver;

pub use crate::crypto::SecretFault;
