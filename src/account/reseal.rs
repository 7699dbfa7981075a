/// The outcome of resealing a user's secrets.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use = "do not retire a key while any user returns `KeyMissing`"]
pub enum ResealOutcome {
    /// Something was sealed under another key, or stored other than configured, and now is as configured.
    Resealed,
    /// Everything was up to date.
    UpToDate,
    /// Something is sealed under a key that the keyring lacks, and was left as it is, even if it is an earlier password kept
    /// only to prevent reuse. Everything else is up to date.
    KeyMissing,
}
