//! Settings: [`Config`] and its parts, public fields with safe defaults.
//!
//! Change them by [`AuthBuilder::configure`](crate::AuthBuilder::configure); [`AuthBuilder::build`](crate::AuthBuilder::build)
//! checks all of them and names the field that is out of bounds ([`ConfigError`]). The password policy and the second factor
//! have modules of their own, [`password`](crate::password) and [`second_factor`](crate::second_factor).

mod deletion;
mod device;
mod email_change;
mod error;
mod floors;
mod hashing;
mod hold;
mod notice;
mod owed;
mod registration;
mod reset;
pub(crate) mod second_factor;
pub(crate) mod session;
pub(crate) mod settings;

use core::time::Duration;

pub use deletion::DeletionConfig;
pub use device::DeviceConfig;
pub use email_change::EmailChangeConfig;
pub use error::ConfigError;
pub use hashing::{CostProfile, HashSealing, HashingConfig};
pub use hold::Hold;
pub(crate) use hold::Sleep;
pub use notice::NoticeConfig;
pub use owed::OwedMailConfig;
pub use registration::{RegistrationConfig, RegistrationMode};
pub use reset::{ResetConfig, ResetMode};
pub(crate) use session::SessionConfig;
pub(crate) use settings::Config;
pub use settings::{ChallengeConfig, ProvisionConfig, PurgeConfig};

pub use crate::throttle::{Backoff, Cooldown};
pub use crate::types::{NewDeviceNotice, SiteError, SupportContact, TokenPlacement};

/// Work for after the response: mailing a reset link, a notice, housekeeping. The host's spawner runs it to completion.
pub type BackgroundWork = core::pin::Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
