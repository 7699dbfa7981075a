//! Accounts: provisioning, importing and listing them, and their devices and sessions.

mod device;
mod import;
mod overview;
mod provision;
mod reseal;
pub(crate) mod session;

pub use device::{Device, DeviceGrade, DeviceId};
pub use import::{Import, Imported};
pub use overview::{UserCounts, UserOverview, UserStatus};
pub use provision::{Provision, Provisioned, ProvisionedWithPassword};
pub use reseal::ResealOutcome;
pub(crate) use session::Session;
pub use session::{AuthMethod, Authentication};
