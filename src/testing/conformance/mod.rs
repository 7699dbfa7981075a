//! The conformance suite: tests an adapter against the contracts of [`UserRepository`] and [`AttemptStore`].
//!
//! Write a [`Harness`] for the adapter; [`conformance_tests!`](crate::conformance_tests) generates a test for each case:
//!
//! ```
//! use std::sync::Arc;
//!
//! use doorward::testing::conformance::{Harness, Stores};
//! use doorward::store::{MemoryAttempts, MemoryUsers};
//!
//! struct Memory;
//!
//! #[async_trait::async_trait]
//! impl Harness for Memory {
//!     async fn open(&self) -> Stores {
//!         Stores { users: Arc::new(MemoryUsers::new()), attempts: Arc::new(MemoryAttempts::new()) }
//!     }
//!
//!     async fn reopen(&self, stores: Stores) -> Stores {
//!         stores // memory has nothing to reopen
//!     }
//!
//!     async fn beside(&self, stores: &Stores) -> Stores {
//!         stores.clone() // or any connections
//!     }
//!
//!     async fn overwrite_snapshot(&self, _: &Stores, _: &doorward::UserId, _: &str) -> bool {
//!         false // or any stored documents
//!     }
//!
//!     fn fresh_id(&self, n: u32) -> doorward::UserId {
//!         doorward::UserId::parse(&format!("user-{n}")).unwrap()
//!     }
//! }
//!
//! doorward::conformance_tests!(memory, pollster::block_on, super::Memory);
//! # fn main() { pollster::block_on(doorward::testing::conformance::the_whole_story_runs(&Memory)) }
//! ```

mod attempts;
mod claims;
mod directory;
mod journal;
mod samples;
mod snapshots;
mod story;
mod users;

use std::sync::Arc;

use async_trait::async_trait;

use super::join_all;
use doorward::{AttemptStore, UserId, UserRepository};

pub use attempts::*;
pub use claims::*;
pub use directory::*;
pub use journal::*;
pub use snapshots::*;
pub use story::*;
pub use users::*;

/// What the suite needs from an adapter.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens empty stores.
    async fn open(&self) -> Stores;

    /// Opens the same stores again, as after a restart of the process. In-memory stores return what they are given.
    async fn reopen(&self, stores: Stores) -> Stores;

    /// Opens the same stores over separate connections, as another process would. In-memory stores return a clone.
    async fn beside(&self, stores: &Stores) -> Stores;

    /// Overwrites a user's stored document, as a manual edit would; `false` if the store keeps none.
    async fn overwrite_snapshot(&self, stores: &Stores, id: &UserId, snapshot: &str) -> bool;

    /// The `n`-th id that `insert` accepts. A host with its own table creates the row here.
    fn fresh_id(&self, n: u32) -> UserId;
}

/// The stores under test. One object may serve as both.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The repository.
    pub users: Arc<dyn UserRepository>,
    /// The attempt store.
    pub attempts: Arc<dyn AttemptStore>,
}

/// Generates a module of this name with a `#[test]` for each case of the suite.
///
/// The arguments are the module's name, a function that drives a future to completion (on the runtime the adapter needs), and
/// an expression for the [`Harness`](crate::testing::conformance::Harness), as seen from within that module.
#[macro_export]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
macro_rules! conformance_tests {
    ($name:ident, $block_on:path, $harness:expr) => {
        $crate::conformance_tests!(@cases $name, $block_on, $harness;
            a_user_survives_storing_and_reopening,
            a_full_account_survives_storing_and_reopening,
            ids_and_canonical_addresses_are_unique,
            of_parallel_inserts_of_one_address_one_wins,
            replace_stores_only_over_the_expected_version,
            of_parallel_replaces_one_wins,
            replace_moves_the_address_or_nothing,
            of_parallel_claims_of_one_address_one_wins,
            of_parallel_deletions_and_replaces_one_wins,
            delete_removes_only_the_expected_version,
            addresses_are_compared_exactly,
            what_a_newer_release_wrote_comes_back_whole,
            what_cannot_be_read_is_an_error_and_stays,
            attempts_survive_storing_and_reopening,
            swap_stores_only_over_the_expected_version,
            of_parallel_swaps_one_wins,
            purge_drops_what_has_expired_and_nothing_else,
            of_parallel_choices_one_wins,
            of_parallel_changes_one_wins,
            of_parallel_uses_and_ends_of_a_session_the_end_wins,
            of_parallel_resets_one_mails,
            of_parallel_tries_one_is_evaluated_per_slot,
            of_parallel_codes_one_passes,
            a_clock_set_back_revives_nothing,
            the_whole_story_runs,
            the_whole_story_runs_though_writes_give_way
        );
    };
    (@cases $name:ident, $block_on:path, $harness:expr; $($case:ident),+) => {
        mod $name {
            $(
                #[test]
                fn $case() {
                    $block_on($crate::testing::conformance::$case(&$harness));
                }
            )+
        }
    };
}
