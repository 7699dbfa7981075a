/// What the hash pool is doing, for metrics. The last three only grow.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HashLoad {
    /// Jobs waiting for a thread.
    pub queued: usize,
    /// Jobs being computed.
    pub running: usize,
    /// Hashes computed so far, dummies included.
    pub computed: u64,
    /// Jobs skipped because their caller had gone.
    pub skipped: u64,
    /// Tries refused because the queue was full.
    pub refused: u64,
}
