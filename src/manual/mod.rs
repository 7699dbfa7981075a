//! The manual: what you need to know beyond the API reference.

#[doc = include_str!("promises.md")]
pub mod promises {}

#[doc = include_str!("../../DESIGN.md")]
pub mod design {}

#[doc = include_str!("threat_model.md")]
pub mod threat_model {}

#[doc = include_str!("defaults.md")]
pub mod defaults {}

#[doc = include_str!("implementing_a_repository.md")]
pub mod implementing_a_repository {}

#[doc = include_str!("coming_from.md")]
/// # The program
///
/// ```no_run
#[doc = include_str!("../../examples/import.rs")]
/// ```
pub mod coming_from {}

#[doc = include_str!("host_pages.md")]
pub mod host_pages {}

#[doc = include_str!("keeping_sessions.md")]
pub mod keeping_sessions {}

#[doc = include_str!("leaving.md")]
pub mod leaving {}

#[doc = include_str!("shared_accounts.md")]
pub mod shared_accounts {}

#[doc = include_str!("figures.md")]
pub mod figures {}

#[doc = include_str!("conformance.md")]
pub mod conformance {}

#[doc = include_str!("sending_mail.md")]
pub mod sending_mail {}

#[doc = include_str!("journal.md")]
pub mod journal {}

#[doc = include_str!("non_features.md")]
pub mod non_features {}
