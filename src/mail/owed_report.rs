/// What [`Auth::deliver_owed`](crate::Auth::deliver_owed) did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct OwedReport {
    /// Mails that the mailer accepted. A queue may still fail to deliver them.
    pub sent: u64,
    /// Mails for which the mailer returned an error. They are still owed, unless they were refused for good.
    pub failed: u64,
    /// Mails that were owed for too long.
    pub given_up: u64,
    /// Accounts that were [deleted](crate::Auth::request_deletion) because their time was over.
    pub deleted: u64,
}
