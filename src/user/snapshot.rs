//! The document a repository stores: one JSON object, versioned, and careful about releases it does not know.

use core::hint::black_box;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::decoy;
use super::state::User;
use super::stored::Document;
use crate::types::{BackendError, BackendErrorKind, Email, UserId, Version};

/// The format this release writes. It reads this one only, since there is no older one yet.
const FORMAT: u32 = 1;

/// The features a document may require of its reader. A document that uses one names it; a release that does not know it
/// refuses the document, because acting on half of an account could open a door (a second factor not asked for).
const KNOWN_FEATURES: [&str; 1] = [SECOND_FACTOR];

/// A release that does not know it would let somebody in without a code.
const SECOND_FACTOR: &str = "second_factor";

#[derive(Serialize)]
struct Written<'a> {
    format: u32,
    requires: &'a [&'a str],
    id: &'a UserId,
    email: &'a Email,
    #[serde(flatten)]
    document: &'a Document,
}

/// What is read first: whether the rest can be understood at all.
#[derive(Deserialize)]
struct Head {
    format: u32,
    requires: Vec<String>,
}

#[derive(Deserialize)]
struct Read {
    #[serde(rename = "format")]
    _format: u32,
    #[serde(rename = "requires")]
    _requires: Vec<String>,
    id: UserId,
    email: Email,
    #[serde(flatten)]
    document: Document,
}

/// Why a stored row is not a user. It names the place, never the content.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The document is not JSON of the expected shape: cut off, edited by hand, or of another kind.
    #[error("the snapshot cannot be read")]
    Unreadable,
    /// The document was written in a format this release does not know.
    #[error("the snapshot has an unknown format")]
    UnknownFormat,
    /// The document uses a feature this release does not know.
    #[error("the snapshot requires an unknown feature")]
    UnknownFeature,
    /// Another column of the row does not belong to the document: the document was moved to another user's row, or a
    /// column was edited.
    #[error("the snapshot belongs to another row")]
    OtherRow,
}

impl From<SnapshotError> for BackendError {
    fn from(error: SnapshotError) -> Self {
        BackendError::new(BackendErrorKind::Unreadable).with_source(error)
    }
}

/// A user as a repository keeps it: the columns and the document.
#[derive(Clone, Copy)]
pub struct UserRow<'a> {
    /// The id column.
    pub id: &'a str,
    /// The canonical address, under a unique index.
    pub email: &'a str,
    /// The version column, in its 22-character text form.
    pub version: &'a str,
    /// The document of [`User::to_snapshot`].
    pub snapshot: &'a str,
}

impl core::fmt::Debug for UserRow<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("UserRow").field("id", &self.id).field("version", &self.version).finish_non_exhaustive()
    }
}

impl User {
    /// The document to store beside [`id`](Self::id), the canonical [`email`](Self::email) and
    /// [`version`](Self::version), as JSON. It holds a password hash and digests: protect it like password hashes.
    pub fn to_snapshot(&self) -> String {
        let document = &*self.document;
        let requires: &[&str] = if self.has_second_factor() { &[SECOND_FACTOR] } else { &[] };
        let written = Written { format: FORMAT, requires, id: &self.id, email: &self.email, document };
        // Serialising these structs cannot fail; an empty document would be refused when read.
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads a row back.
    ///
    /// # Errors
    /// [`SnapshotError`]; it converts into a [`BackendError`] of kind [`Unreadable`](BackendErrorKind::Unreadable).
    pub fn from_snapshot(row: UserRow<'_>) -> Result<User, SnapshotError> {
        let head: Head = serde_json::from_str(row.snapshot).map_err(|_| SnapshotError::Unreadable)?;
        if head.format != FORMAT {
            return Err(SnapshotError::UnknownFormat);
        }
        if head.requires.iter().any(|feature| !KNOWN_FEATURES.contains(&feature.as_str())) {
            return Err(SnapshotError::UnknownFeature);
        }
        let read: Read = serde_json::from_str(row.snapshot).map_err(|_| SnapshotError::Unreadable)?;
        let version = Version::parse(row.version).map_err(|_| SnapshotError::OtherRow)?;
        if read.id.as_str() != row.id || read.email.canonical() != row.email {
            return Err(SnapshotError::OtherRow);
        }
        Ok(User { id: read.id, email: read.email, version, document: Arc::new(read.document) })
    }

    /// What an adapter calls with the row it found or did not find. Where there is none, a decoy as large as a user can
    /// get is decoded and dropped, so that looking up an unknown address takes no less time than a known one.
    ///
    /// # Errors
    /// As [`from_snapshot`](Self::from_snapshot).
    pub fn decode(row: Option<UserRow<'_>>) -> Result<Option<User>, BackendError> {
        match row {
            Some(row) => Ok(Some(Self::from_snapshot(row)?)),
            None => {
                let DecoyRow { id, email, version, snapshot } = &*DECOY;
                let _decoy = black_box(Self::from_snapshot(UserRow { id, email, version, snapshot }));
                Ok(None)
            }
        }
    }
}

impl User {
    /// The user at hand, for stores that keep no texts. Where there is none, a decoy is shared and dropped, so that a look-up takes as
    /// long.
    pub fn shared(user: Option<&User>) -> Option<User> {
        let shared = black_box(user.unwrap_or(&DECOY_USER).clone());
        user.map(|_| shared)
    }

    /// A user who is nobody, for doing on a miss what is done on a hit. What comes of it is thrown away.
    pub(crate) fn decoy() -> Self {
        DECOY_USER.clone()
    }
}

static DECOY_USER: LazyLock<User> = LazyLock::new(decoy::full_size_user);

struct DecoyRow {
    id: String,
    email: String,
    version: String,
    snapshot: String,
}

/// The row of a user who holds as many devices, links and challenges as the defaults allow.
static DECOY: LazyLock<DecoyRow> = LazyLock::new(|| {
    let user = &*DECOY_USER;
    DecoyRow {
        id: user.id.to_string(),
        email: user.email.canonical().to_owned(),
        version: user.version.to_string(),
        snapshot: user.to_snapshot(),
    }
});
