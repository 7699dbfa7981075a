/// The outcome of resealing a user's secrets.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use = "retire a key only once no user is answered `KeyMissing`"]
pub enum ResealOutcome {
    /// Something was sealed under another key, or not as the settings say, and is now kept as they say.
    Resealed,
    /// Everything was up to date.
    UpToDate,
    /// Something is sealed under a key that the keyring lacks, and was left as it is, even if it is an earlier password that
    /// only counts against reuse. Everything else is up to date.
    KeyMissing,
}
