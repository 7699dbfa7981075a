//! What a build without `legacy-hashes` makes of other systems' hashes: none is read, but who brings one is told what lacks.

/// How their texts begin: bcrypt, scrypt, PBKDF2 and the dated variants of Argon2, as PHC strings and as passlib, Django and ASP.NET
/// Identity (version 3, in base64) write them.
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

/// Whether a text looks like a hash that the feature reads. Whether it is one is not judged without it.
pub(super) fn is_foreign(text: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}
