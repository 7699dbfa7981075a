//! Accounts: provisioning, importing and listing them, and their devices and sessions.

mod device;
mod import;
mod import_report;
mod import_source;
mod overview;
mod provision;
mod reseal;
pub(crate) mod session;

pub use device::{Device, DeviceGrade, DeviceId};
pub use import::{Import, Imported};
pub use import_report::{ImportReport, ImportReview, SkipReason, SkippedRow};
pub use import_source::{ImportMark, ImportRow, ImportSource};
pub use overview::{UserCounts, UserOverview, UserStatus};
pub use provision::{Provision, Provisioned, ProvisionedWithPassword};
pub use reseal::ResealOutcome;
pub(crate) use session::Session;
pub use session::{AuthMethod, Authentication};

pub use crate::auth::{ImportRun, ImportStopped};
