//! The report of an import, as data.

use core::fmt;
use std::collections::{BTreeMap, HashMap};

use crate::hashing::{HashCost, MalformedHash};
use crate::types::{BackendCode, UserId};

/// The maximum number of rows that a report names. Counts cover all rows.
const MOST_NAMED: usize = 10_000;
/// The maximum number of different costs that are counted.
const MOST_COSTS: usize = 1_000;

/// What a run of [`Operator::import_from`](crate::Operator::import_from) did: counts, and the rows that were not taken
/// over. It holds no address, hash or password, so it is safe to log. `Display` is a summary of a few lines.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use = "it names the people who were not taken over"]
#[non_exhaustive]
pub struct ImportReport {
    /// Rows that were read: those without a mark, and those that are held.
    pub read: u64,
    /// Accounts that were created with the hash of the row.
    pub imported: u64,
    /// Accounts that were created without a password, including those whose welcome was not mailed.
    pub provisioned: u64,
    /// Rows without a mark as taken over whose account was there already: an earlier run was killed, another instance was first,
    /// or the row was held.
    pub taken_over_already: u64,
    /// How many of the created accounts are deactivated.
    pub deactivated: u64,
    /// How many rows had a hash that cannot be read, and were provisioned without it
    /// ([`ImportRun::provision_unreadable`](super::ImportRun::provision_unreadable)).
    pub hashes_dropped: u64,
    /// Rows that were not taken over. A run tries them again, unless they are held.
    pub skipped: u64,
    /// How many of those have a password hash, which exists nowhere else.
    pub hashes_left: u64,
    /// The skipped rows by the [code](SkipReason::code) of their reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// The imported hashes by their [scheme](crate::hashing::HashScheme::as_str).
    pub schemes: BTreeMap<&'static str, u64>,
    /// The imported hashes that have a weakness, by [weakness](crate::hashing::HashRisk::as_str).
    pub risks: BTreeMap<&'static str, u64>,
    /// The imported hashes by their cost, to configure [`CostProfile`](crate::config::CostProfile)s; at most 1,000
    /// different costs.
    pub costs: HashMap<HashCost, u64>,
    /// The first 10,000 of the skipped rows. [`ImportRun::on_skipped`](super::ImportRun::on_skipped) is called with all of them.
    pub rows: Vec<SkippedRow>,
    /// Whether the source was read to its end.
    pub complete: bool,
}

impl ImportReport {
    /// Whether this crate no longer needs the source's column of hashes: the run reached the end of the source, and no
    /// row with a hash was left. Rows that the old system adds later count in the next run, so ask once that system is
    /// switched off.
    ///
    /// Every imported hash is kept with its account until its owner signs in here; [`ImportReview::old_hashes`] counts
    /// them. So the column is needed only for a way back to the old system.
    pub fn may_empty_old_hashes(&self) -> bool {
        self.complete && self.hashes_left == 0
    }

    pub(crate) fn count_cost(&mut self, cost: HashCost) {
        if self.costs.len() < MOST_COSTS || self.costs.contains_key(&cost) {
            *self.costs.entry(cost).or_default() += 1;
        }
    }

    pub(crate) fn skip(&mut self, row: &SkippedRow, has_hash: bool) {
        self.skipped += 1;
        self.hashes_left += u64::from(has_hash);
        *self.reasons.entry(row.reason.code()).or_default() += 1;
        if self.rows.len() < MOST_NAMED {
            self.rows.push(row.clone());
        }
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read, imported, provisioned, taken_over_already, skipped, .. } = self;
        write!(
            f,
            "{read} rows read: {imported} imported with their hash, {provisioned} provisioned without a password, "
        )?;
        write!(f, "{taken_over_already} taken over already, {skipped} skipped")?;
        for (reason, count) in &self.reasons {
            write!(f, "\n  {reason}: {count}")?;
        }
        let left = self.hashes_left;
        match (self.complete, left) {
            (false, _) => f.write_str("\nthe source was not read to its end: run again"),
            (true, 0) => f.write_str("\nno hash is left in the source: its column may be emptied"),
            (true, _) => write!(f, "\nhashes of skipped rows that are left in the source: {left}; keep the column"),
        }
    }
}

/// A row that was not taken over.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SkippedRow {
    /// The number of the row in this run, from 1, in the order of the source: first held rows, then rows without a
    /// mark.
    pub position: u64,
    /// The row's id. `None` if it has none that is safe to show, see [`SkipReason::MalformedId`].
    pub id: Option<UserId>,
    /// Why it was skipped.
    pub reason: SkipReason,
}

impl fmt::Display for SkippedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "row {id}: {}", self.reason),
            None => write!(f, "row number {} of this run: {}", self.position, self.reason),
        }
    }
}

/// Why a row was not taken over. `Display` is for operators and holds no address or hash.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SkipReason {
    /// The id is not a [`UserId`]: it is empty, over 128 bytes, or has control characters. Or it contains an address or
    /// is a password hash, as when columns were mixed up. Ids appear in logs and links, so give the row another one.
    MalformedId,
    /// The address is malformed.
    MalformedEmail,
    /// The hash cannot be read. The error says what it looks like.
    UnreadableHash(MalformedHash),
    /// The hash can be read, but [`HashingConfig::legacy`](crate::config::HashingConfig::legacy) is off.
    LegacyScheme,
    /// Another account has this address: two rows have the same address, or the account existed before. The row is now
    /// [held](super::ImportMark::Held).
    EmailTaken {
        /// The account that has the address. `None` if it was deleted at that moment, or cannot be read, or its
        /// id may not be shown.
        by: Option<UserId>,
    },
    /// The row is held, and its address has no account: the other account was deleted, or the row was corrected. Clear
    /// the mark if the row is a different person.
    Held,
    /// The account with this id has another address: the id belongs to someone else, or the address was changed on one
    /// side.
    IdTaken,
    /// The account exists, but its welcome may not have been mailed. A run that begins more than ten minutes after the
    /// account was created mails another one; until then, another instance may still be mailing it.
    WelcomeNotMailed,
    /// The store refused this account, or has a row with its id or address that it cannot read.
    Refused {
        /// The store's code.
        code: Option<BackendCode>,
    },
}

impl SkipReason {
    /// A stable name in snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedId => "malformed_id",
            Self::MalformedEmail => "malformed_email",
            Self::UnreadableHash(_) => "unreadable_hash",
            Self::LegacyScheme => "legacy_scheme",
            Self::EmailTaken { .. } => "email_taken",
            Self::Held => "held",
            Self::IdTaken => "id_taken",
            Self::WelcomeNotMailed => "welcome_not_mailed",
            Self::Refused { .. } => "refused",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedId => f.write_str("the id is malformed, or holds an address or a hash"),
            Self::MalformedEmail => f.write_str("the address is malformed"),
            Self::UnreadableHash(error) => error.fmt(f),
            Self::LegacyScheme => f.write_str("hashing.legacy is off, and the hash is not Argon2id"),
            Self::EmailTaken { by: Some(id) } => write!(f, "account {id} has this address"),
            Self::EmailTaken { by: None } => f.write_str("another account has this address"),
            Self::Held => f.write_str("held: another account had this address and no longer has it"),
            Self::IdTaken => f.write_str("the account with this id has another address"),
            Self::WelcomeNotMailed => f.write_str("the account exists, but its welcome may not have been mailed"),
            Self::Refused { code: Some(code) } => write!(f, "the store refused the account ({code})"),
            Self::Refused { code: None } => f.write_str("the store refused the account"),
        }
    }
}

/// How the rows of a source compare with the accounts now: the result of
/// [`Operator::review_import`](crate::Operator::review_import). It holds no address, hash or password.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ImportReview {
    /// Rows that were taken over.
    pub taken_over: u64,
    /// How many of those no longer have an account: it was deleted.
    pub deleted: u64,
    /// How many have an account with another address than the row.
    pub emails_differ: u64,
    /// The ids of the first 10,000 of those.
    pub differing: Vec<UserId>,
    /// How many have an account whose document cannot be read.
    pub unreadable: u64,
    /// How many have an account whose password is still kept as an old hash, because its owner has not signed in since. They need
    /// [`HashingConfig::legacy`](crate::config::HashingConfig::legacy), unless they are Argon2id with other parameters.
    pub old_hashes: u64,
    /// Rows that were not taken over, held ones included.
    pub left: u64,
    /// How many of those have a password hash, which exists nowhere else.
    pub hashes_left: u64,
}

impl ImportReview {
    /// Whether this crate no longer needs the source's column of hashes: no row with a hash is left. See
    /// [`ImportReport::may_empty_old_hashes`].
    pub fn may_empty_old_hashes(&self) -> bool {
        self.hashes_left == 0
    }

    pub(crate) fn differs(&mut self, id: UserId) {
        self.emails_differ += 1;
        if self.differing.len() < MOST_NAMED {
            self.differing.push(id);
        }
    }
}

impl fmt::Display for ImportReview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken_over, deleted, emails_differ, unreadable, old_hashes, left, hashes_left, .. } = self;
        write!(
            f,
            "{taken_over} rows taken over, of which {deleted} were deleted since; {emails_differ} addresses differ, "
        )?;
        write!(f, "{unreadable} accounts are unreadable, {old_hashes} passwords are still kept as old hashes; ")?;
        write!(f, "{left} rows left, {hashes_left} of them with a hash")
    }
}
