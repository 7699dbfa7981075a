/// The scheme of a stored password hash.
///
/// New hashes are always [`Argon2id`](Self::Argon2id). The others come from the system that held the passwords before.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HashScheme {
    /// Argon2id, the scheme of new hashes.
    Argon2id,
    /// Argon2i.
    Argon2i,
    /// Argon2d.
    Argon2d,
    /// bcrypt of the password itself.
    Bcrypt,
    /// bcrypt of the password's SHA-256, as in Django and passlib.
    BcryptSha256,
    /// bcrypt of the password's HMAC-SHA-384, as in WordPress.
    BcryptSha384,
    /// scrypt.
    Scrypt,
    /// PBKDF2 with HMAC-SHA-1.
    Pbkdf2Sha1,
    /// PBKDF2 with HMAC-SHA-256.
    Pbkdf2Sha256,
    /// PBKDF2 with HMAC-SHA-512.
    Pbkdf2Sha512,
    /// Iterated MD5, as in WordPress before 6.8 and phpBB.
    PhpassMd5,
    /// Iterated SHA-512, as in Drupal before 10.1.
    PhpassSha512,
    /// Argon2id over MD5, SHA-1 or SHA-2: a wrapped `FastHash`.
    Argon2idOverFast,
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
            Self::BcryptSha384 => "bcrypt_sha384",
            Self::Scrypt => "scrypt",
            Self::Pbkdf2Sha1 => "pbkdf2_sha1",
            Self::Pbkdf2Sha256 => "pbkdf2_sha256",
            Self::Pbkdf2Sha512 => "pbkdf2_sha512",
            Self::PhpassMd5 => "phpass_md5",
            Self::PhpassSha512 => "phpass_sha512",
            Self::Argon2idOverFast => "argon2id_over_fast",
        }
    }
}

/// A weakness of an imported hash that an operator should know about. The hash is verified all the same.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HashRisk {
    /// bcrypt of the password itself reads only the first 72 bytes. A password that is longer or contains a NUL is rejected
    /// here, because a part of it would match as well as the whole; its owner needs a reset. (The first 72 bytes alone are
    /// accepted: the hash never covered more. So is a longer password of Symfony, which hashes its SHA-512.)
    Truncates,
    /// Cheaper to brute-force than the OWASP Password Storage Cheat Sheet accepts today: bcrypt with a cost below 10, PBKDF2
    /// below 600,000 iterations (SHA-512: 210,000; SHA-1: 1,300,000), scrypt below 128 MiB with `r=8,p=1` or a set of equal
    /// strength, phpass always. The hash is replaced at the next sign-in; an account without sign-ins keeps it.
    Weak,
    /// Argon2id over a fast hash of another system. It is as slow to brute-force as any, but a copy of the old table, in a backup
    /// say, is not, and an unsalted hash of the same password may have leaked elsewhere: whoever holds one tries it here without
    /// knowing the password. Delete the old hashes and their backups. The hash is replaced at the next sign-in; consider
    /// [`require_password_change`](crate::account::Import::require_password_change).
    FastInside,
}

impl HashRisk {
    /// A stable name for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Truncates => "truncates",
            Self::Weak => "weak",
            Self::FastInside => "fast_inside",
        }
    }
}
