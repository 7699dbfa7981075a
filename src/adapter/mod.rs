//! Floor 7: what can be plugged into the ports. Adapters use public items only, so they show that anybody can write one.

mod memory_attempts;
mod memory_users;
#[cfg(feature = "postgres")]
mod postgres;
mod printing_mailer;
#[cfg(feature = "smtp")]
mod smtp;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "tracing")]
mod tracing_observer;

/// The SQL crate whose pools the adapters take, for hosts that make their own.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use ::sqlx;
pub use memory_attempts::MemoryAttempts;
pub use memory_users::MemoryUsers;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use printing_mailer::PrintingMailer;
#[cfg(feature = "smtp")]
pub use smtp::{SmtpBuilder, SmtpError, SmtpMailer, SmtpRefusal};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::{MalformedPrefix, Migration};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
#[cfg(feature = "tracing")]
pub use tracing_observer::TracingObserver;
