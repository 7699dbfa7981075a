//! Accounts: provisioning, importing and listing them.

mod import;
mod import_report;
mod import_source;
mod overview;
mod provision;
mod reseal;
mod undeliverable;

pub use import::{Import, Imported};
pub use import_report::{ImportReport, ImportReview, SkipReason, SkippedRow};
pub use import_source::{ImportMark, ImportRow, ImportSource};
pub use overview::{UserCounts, UserOverview, UserStatus};
pub use provision::{Provision, Provisioned, ProvisionedWithPassword};
pub use reseal::ResealOutcome;
pub use undeliverable::{Undeliverable, UndeliverableReason};

pub use crate::auth::{ImportRun, ImportStopped};
