/// How a stored password hash was computed.
///
/// New hashes are always [`Argon2id`](Self::Argon2id). The others come from the system that kept the passwords before.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HashScheme {
    /// Argon2id: what this crate computes.
    Argon2id,
    /// Argon2i.
    Argon2i,
    /// Argon2d.
    Argon2d,
    /// bcrypt of the password itself.
    Bcrypt,
    /// bcrypt of the password's SHA-256 in hexadecimal digits, as Django has it.
    BcryptSha256,
    /// scrypt.
    Scrypt,
    /// PBKDF2 with HMAC-SHA-1.
    Pbkdf2Sha1,
    /// PBKDF2 with HMAC-SHA-256.
    Pbkdf2Sha256,
    /// PBKDF2 with HMAC-SHA-512.
    Pbkdf2Sha512,
}

impl HashScheme {
    /// A stable name for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Argon2id => "argon2id",
            Self::Argon2i => "argon2i",
            Self::Argon2d => "argon2d",
            Self::Bcrypt => "bcrypt",
            Self::BcryptSha256 => "bcrypt_sha256",
            Self::Scrypt => "scrypt",
            Self::Pbkdf2Sha1 => "pbkdf2_sha1",
            Self::Pbkdf2Sha256 => "pbkdf2_sha256",
            Self::Pbkdf2Sha512 => "pbkdf2_sha512",
        }
    }
}

/// What an operator should know of an imported hash. It verifies all the same.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HashRisk {
    /// bcrypt of the password itself reads its first 72 bytes and no more. A password that is longer, or has a NUL in
    /// it, does not verify here, because a part of it would be as good as the whole. Whoever has one needs a reset. (Its
    /// first 72 bytes alone do verify: that is all there ever was in the hash.)
    Truncates,
    /// Cheaper to guess than the OWASP Password Storage Cheat Sheet asks today: bcrypt with a cost below 10, PBKDF2
    /// below 600,000 iterations (SHA-512: 210,000; SHA-1: 1,300,000), scrypt below 128 MiB with `r=8,p=1` or a set of
    /// equal strength. It is replaced at the next sign-in; of accounts that nobody signs in to, it stays.
    Weak,
}

impl HashRisk {
    /// A stable name for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Truncates => "truncates",
            Self::Weak => "weak",
        }
    }
}
