use time::OffsetDateTime;

/// The outcome of requesting a deletion.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "the user is signed out: show when the account will be gone"]
#[non_exhaustive]
pub enum DeletionRequested {
    /// The account is closed and will be deleted. A link that undoes this was mailed.
    #[non_exhaustive]
    Scheduled {
        /// From when on it is deleted. Until then the link works.
        gone_at: OffsetDateTime,
    },
    /// The account is deleted, since there is no grace.
    Deleted,
}

/// Whether a link that undoes a deletion is valid. Checking changes nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UndoLinkStatus {
    /// The link would work now.
    Valid {
        /// When the account will be gone, and the link with it.
        gone_at: OffsetDateTime,
    },
    /// The link was used, has expired, was replaced by a later one, or was never issued; or an operator has decided otherwise.
    Invalid,
    /// The text has not the form of a link's token. The user copies the whole link.
    Damaged,
}
