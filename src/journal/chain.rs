//! The chain of a user's entries: each digest covers the entry and the digest before it, under the host's index key. Whoever can
//! write to the database but does not have the key cannot alter, insert or remove an entry without breaking the chain.

use subtle::ConstantTimeEq;

use super::entry::JournalEntry;
use crate::crypto::{Purpose, keyed};
use crate::types::{UserId, base64url, micros};

/// The digest of an entry that follows the one with the digest `before`.
pub(crate) fn digest(key: &[u8; 32], entry: &JournalEntry, before: Option<&str>) -> Box<str> {
    let optional = |text: Option<&str>| match text {
        Some(text) => ([1].as_slice(), text.as_bytes().to_vec()),
        None => ([0].as_slice(), Vec::new()),
    };
    let (has_request, request) = optional(entry.request_id.as_deref());
    let (has_operator, operator) = optional(entry.operator.as_ref().map(UserId::as_str));
    let (has_before, before) = optional(before);
    let parts = [
        entry.user_id.as_str().as_bytes(),
        &entry.seq.to_be_bytes(),
        &micros::to_i64(entry.at).to_be_bytes(),
        entry.event.as_bytes(),
        has_request,
        &request,
        has_operator,
        &operator,
        has_before,
        &before,
    ];
    base64url::encode(keyed(key, Purpose::JournalEntry, &parts).as_bytes()).into()
}

/// The proof that this user's entries up to this one were purged by somebody with the key.
pub(crate) fn checkpoint(key: &[u8; 32], entry: &JournalEntry) -> Box<str> {
    let digest = entry.digest.as_deref().unwrap_or_default();
    let (seq, at) = (entry.seq.to_be_bytes(), micros::to_i64(entry.at).to_be_bytes());
    let parts = [entry.user_id.as_str().as_bytes(), &seq, &at, digest.as_bytes()];
    base64url::encode(keyed(key, Purpose::JournalCheckpoint, &parts).as_bytes()).into()
}

/// Whether the text is this digest, compared in constant time.
pub(crate) fn is(text: Option<&str>, digest: &str) -> bool {
    text.is_some_and(|text| text.as_bytes().ct_eq(digest.as_bytes()).into())
}
