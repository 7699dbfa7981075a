//! Floor 7: what can be plugged into the ports. Adapters use public items only, so they show that anybody can write one.

mod memory_attempts;
mod memory_users;
mod printing_mailer;
#[cfg(feature = "smtp")]
mod smtp;
#[cfg(feature = "tracing")]
mod tracing_observer;

pub use memory_attempts::MemoryAttempts;
pub use memory_users::MemoryUsers;
pub use printing_mailer::PrintingMailer;
#[cfg(feature = "smtp")]
pub use smtp::{SmtpBuilder, SmtpError, SmtpMailer, SmtpRefusal};
#[cfg(feature = "tracing")]
pub use tracing_observer::TracingObserver;
