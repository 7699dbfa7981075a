/// What [`Auth::deliver_owed`](crate::Auth::deliver_owed) did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct OwedReport {
    /// Mails that were handed to the mailer.
    pub sent: u64,
    /// Mails that the mailer did not take. They are owed still, unless it refused them for good.
    pub failed: u64,
    /// Mails that were owed for too long.
    pub given_up: u64,
}
