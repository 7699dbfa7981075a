//! Other systems' hashes in a build without `legacy-hashes`: none is verified, but the error names the missing feature.

/// The prefixes of such hashes: bcrypt, scrypt, PBKDF2 and the outdated variants of Argon2, as PHC strings and as written by
/// passlib, Django and ASP.NET Identity (version 3, in base64).
const BEGINNINGS: [&str; 11] = [
    "$2a$",
    "$2b$",
    "$2y$",
    "bcrypt_sha256$",
    "$scrypt$",
    "$pbkdf2",
    "pbkdf2_sha",
    "$argon2i$",
    "$argon2d$",
    "argon2$",
    "AQAAAA",
];

/// Whether a text looks like a hash that the feature can read. Without the feature it is not validated.
pub(super) fn is_foreign(text: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}
