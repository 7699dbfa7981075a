//! Why a text is no hash of this build: for the error that an operator gets.

use thiserror::Error;

/// A text that is not a password hash this build can verify.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum MalformedHash {
    /// It does not look like a hash of any known system.
    #[error("not a password hash of a known scheme")]
    Unknown,
    /// It looks like a hash of another system, such as bcrypt, which this build cannot read.
    #[error("a password hash of another system: to verify it, enable doorward's feature `legacy-hashes`")]
    NeedsLegacyHashes,
    /// It looks like a hash that is read, but it is damaged or out of bounds.
    #[error("looks like {looks_like}, but a field is missing, out of bounds or not in canonical form")]
    Damaged {
        /// The system or scheme that writes such hashes.
        looks_like: &'static str,
    },
    /// It looks like a hash that no build reads.
    #[error("looks like {looks_like}, which is not read: {instead}")]
    NotRead {
        /// The system or scheme that writes such hashes.
        looks_like: &'static str,
        /// What to do with the account.
        instead: &'static str,
    },
}

/// Beginnings of hashes that are read by some build, if they are whole.
const READ: [(&str, &str); 26] = [
    ("$2a$", "bcrypt"),
    ("$2b$", "bcrypt"),
    ("$2y$", "bcrypt, as PHP writes it"),
    ("bcrypt_sha256$", "Django's bcrypt over SHA-256"),
    ("bcrypt$", "Django's bcrypt"),
    ("pbkdf2_sha1$", "Django's PBKDF2"),
    ("pbkdf2_sha256$", "Django's PBKDF2"),
    ("scrypt$", "Django's scrypt"),
    ("argon2$", "Django's Argon2"),
    ("pbkdf2:", "Werkzeug's PBKDF2"),
    ("scrypt:", "Werkzeug's scrypt"),
    ("$wp$", "WordPress's bcrypt"),
    ("$P$", "phpass, as WordPress writes it"),
    ("$H$", "phpass, as phpBB writes it"),
    ("$S$", "Drupal's phpass"),
    ("U$S$", "Drupal's phpass"),
    ("{bcrypt}", "Spring Security's bcrypt"),
    ("{pbkdf2", "Spring Security's PBKDF2"),
    ("{scrypt", "Spring Security's scrypt"),
    ("{argon2", "Spring Security's Argon2"),
    ("$bcrypt-sha256$", "passlib's bcrypt over SHA-256"),
    ("$pbkdf2", "PBKDF2 of passlib, or as a PHC string"),
    ("$scrypt$", "scrypt of passlib, or as a PHC string"),
    ("$argon2", "Argon2"),
    ("$over-", "a fast hash that was wrapped here"),
    ("AQAAAA", "ASP.NET Identity, version 3"),
];

const RESET: &str = "provision the account, and have its owner reset the password";
const FAST: &str = "wrap it with `FastHash`";

/// Beginnings of hashes that no build reads, and what to do instead.
const NOT_READ: [(&str, &str, &str); 26] = [
    ("$1$", "md5-crypt", RESET),
    ("$apr1$", "Apache's md5-crypt", RESET),
    ("$5$", "sha256-crypt", RESET),
    ("$6$", "sha512-crypt", RESET),
    ("$7$", "libcrypt's scrypt", RESET),
    ("$y$", "yescrypt", RESET),
    ("$gy$", "gost-yescrypt", RESET),
    ("$sha1$", "sha1-crypt", RESET),
    ("$2$", "bcrypt of 1997", RESET),
    ("$2x$", "bcrypt of a faulty release", RESET),
    ("$p5k2$", "PBKDF2 of another library", RESET),
    ("{noop}", "a password in the clear, as Spring Security keeps it", RESET),
    ("{ldap}", "LDAP, as Spring Security keeps it", RESET),
    ("{sha256}", "Spring Security's SHA-256", RESET),
    ("{SSHA", "salted SHA of LDAP", RESET),
    ("{SMD5}", "salted MD5 of LDAP", RESET),
    ("{SHA", "SHA of LDAP or of Spring Security", FAST),
    ("{MD5}", "MD5 of LDAP or of Spring Security", FAST),
    ("{CRYPT}", "a crypt hash of LDAP", "strip `{CRYPT}` if bcrypt follows"),
    ("{PKCS5S2}", "Atlassian's PBKDF2", RESET),
    ("{\"", "JSON, such as a credential of Keycloak", "see `PasswordHash::from_keycloak`"),
    ("md5$", "MD5 of Django or Werkzeug", FAST),
    ("sha1$", "SHA-1 of Django or Werkzeug", FAST),
    ("crypt$", "Django's crypt", RESET),
    ("!", "an account without a usable password, as in Django", RESET),
    ("grub.pbkdf2", "GRUB's PBKDF2", RESET),
];

/// What is wrong with a text that is no hash of this build.
pub(super) fn malformed(text: &str) -> MalformedHash {
    if let Some((_, looks_like)) = READ.into_iter().find(|(beginning, _)| text.starts_with(beginning)) {
        // Without the feature such a hash is not looked at any further.
        let readable = cfg!(feature = "legacy-hashes") || text.starts_with("$argon2id$");
        return if readable { MalformedHash::Damaged { looks_like } } else { MalformedHash::NeedsLegacyHashes };
    }
    if let Some((_, looks_like, instead)) = NOT_READ.into_iter().find(|(beginning, ..)| text.starts_with(beginning)) {
        return MalformedHash::NotRead { looks_like, instead };
    }
    let digits = text.strip_prefix('*').unwrap_or(text);
    let looks_like = match (text.len() - digits.len(), digits.len()) {
        (0, 32) => "MD5 in hexadecimal digits",
        (0, 40) => "SHA-1 in hexadecimal digits",
        (0, 64) => "SHA-256 in hexadecimal digits",
        (0, 128) => "SHA-512 in hexadecimal digits",
        (1, 40) => "a password of MySQL's own users",
        _ => return MalformedHash::Unknown,
    };
    match digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true if text.len() == digits.len() => MalformedHash::NotRead { looks_like, instead: FAST },
        true => MalformedHash::NotRead { looks_like, instead: RESET },
        false => MalformedHash::Unknown,
    }
}
