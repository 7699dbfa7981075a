use time::OffsetDateTime;

/// An address that mail does not reach, as reported by
/// [`Operator::report_undeliverable`](crate::Operator::report_undeliverable).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Undeliverable {
    /// When it was first reported.
    pub since: OffsetDateTime,
    /// The reason given then.
    pub reason: UndeliverableReason,
}

/// Why an address cannot be reached.
///
/// Do not report a transient bounce, such as a full mailbox or a server that asks to try again later.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum UndeliverableReason {
    /// A hard bounce: the recipient's server has rejected the address for good (RFC 3463, class 5).
    HardBounce,
    /// The recipient marked a mail as spam. Most providers then send this address nothing more.
    Complaint,
}

impl UndeliverableReason {
    /// A stable name in snake_case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::Complaint => "complaint",
        }
    }

    /// The reason of that name. One that only a newer release knows is shown as a hard bounce.
    pub(crate) fn named(name: &str) -> Self {
        if name == Self::Complaint.as_str() { Self::Complaint } else { Self::HardBounce }
    }
}

impl Undeliverable {
    pub(crate) fn new(since: OffsetDateTime, reason: UndeliverableReason) -> Self {
        Self { since, reason }
    }
}
