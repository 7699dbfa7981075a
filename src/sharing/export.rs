//! What an account remembers of its use, for the person to read. Digests of devices and client addresses are counted, not shown.

use serde::Serialize;

/// What is remembered of the use of an account.
#[derive(Serialize)]
pub(crate) struct SightingsExport {
    pub(super) browsers: Vec<SeenExport>,
    pub(super) client_addresses: Vec<SeenExport>,
    pub(super) days: Vec<DayExport>,
    pub(super) last_reported_as_shared_at: Option<String>,
}

/// A browser or a client address.
#[derive(Serialize)]
pub(super) struct SeenExport {
    pub(super) last_seen_on: String,
    /// How many browsers showed the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) browsers: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct DayExport {
    pub(super) day: String,
    /// The hours, in UTC, in which several places used the account by turns.
    pub(super) hours_in_which_places_alternated: Vec<u32>,
    pub(super) most_browsers_in_an_hour: u32,
    pub(super) most_places_at_once: u32,
    pub(super) alternations: u32,
}
