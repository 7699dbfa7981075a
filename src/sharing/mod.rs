//! Floor 2: signs that several people share an account, from when, on which devices and at which client addresses it is used.
//! Pure: what is noted and when are arguments.

mod export;
mod places;
mod short_id;
mod sighting;
mod sightings;
mod signs;

pub(crate) use export::SightingsExport;
pub(crate) use short_id::ShortId;
pub(crate) use sighting::Sighting;
pub(crate) use sightings::Sightings;
pub use signs::SharingSigns;

#[cfg(test)]
#[path = "../../tests/unit/sharing/mod.rs"]
mod tests;
