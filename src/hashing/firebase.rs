//! Password hashes exported from Firebase Authentication.

use base64ct::{Base64Unpadded, Encoding};
use zeroize::Zeroizing;

use super::hash::PasswordHash;
use super::malformed::MalformedHash;

/// The length of a project's key, in bytes.
const KEY_BYTES: usize = 64;
/// The longest salt of a user, and the longest separator, in bytes. Firebase draws 10 and uses 1.
const MAX_SALT_BYTES: usize = 32;

const DAMAGED: MalformedHash = MalformedHash::Damaged { looks_like: "Firebase's scrypt" };

/// The password hash parameters of a Firebase project, which its console shows beside the list of users. They read the
/// `passwordHash` and `salt` of an exported user.
///
/// The signer key is a secret of the project. It is needed only here: the resulting hashes are verified without it. So
/// anyone who steals the store can guess passwords without the key, as with any other hash; seal hashes with
/// [`HashSealing`](crate::config::HashSealing) to prevent that.
///
/// `Debug` reveals nothing of it, and its memory is wiped on drop.
///
/// ```
/// use doorward::hashing::{FirebaseScrypt, HashScheme};
///
/// let key = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
/// let project = FirebaseScrypt::new(key, "Bw==", 8, 14)?;
/// let password_hash = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";
/// let hash = project.hash(password_hash, "42xEC+ixf3L2lw==")?;
/// assert_eq!(hash.scheme(), HashScheme::FirebaseScrypt);
///
/// assert!(project.hash("lSrfV15c", "42xEC+ixf3L2lw==").is_err(), "cut off");
/// # Ok::<(), doorward::hashing::MalformedHash>(())
/// ```
#[derive(Clone)]
#[cfg_attr(docsrs, doc(cfg(feature = "legacy-hashes")))]
pub struct FirebaseScrypt {
    key: Zeroizing<Vec<u8>>,
    separator: Vec<u8>,
    rounds: u32,
    mem_cost: u8,
}

crate::types::redacted_debug!(FirebaseScrypt => "FirebaseScrypt");

impl FirebaseScrypt {
    /// Takes `base64_signer_key`, `base64_salt_separator`, `rounds` (1 to 32; Firebase uses 8) and `mem_cost` (1 to 21;
    /// Firebase uses 14). Both together may take
    /// 256 MiB, so with 8 rounds `mem_cost` is at most 18. A cost that is too high is an error of [`hash`](Self::hash).
    ///
    /// # Errors
    /// [`MalformedHash`] if a text is not base64, the key is not 64 bytes long, or the separator is longer than 32 bytes.
    pub fn new(signer_key: &str, salt_separator: &str, rounds: u32, mem_cost: u8) -> Result<Self, MalformedHash> {
        let key = decoded(signer_key).filter(|key| key.len() == KEY_BYTES).ok_or(DAMAGED)?;
        let separator = decoded(salt_separator).filter(|separator| separator.len() <= MAX_SALT_BYTES).ok_or(DAMAGED)?;
        Ok(Self { key, separator: separator.to_vec(), rounds, mem_cost })
    }

    /// Reads the `passwordHash` and the `salt` of a user, in base64 of either alphabet.
    ///
    /// # Errors
    /// [`MalformedHash`] if one of them is damaged, or the cost is out of bounds.
    pub fn hash(&self, password_hash: &str, salt: &str) -> Result<PasswordHash, MalformedHash> {
        let encrypted = decoded(password_hash).filter(|hash| hash.len() == KEY_BYTES).ok_or(DAMAGED)?;
        let mut salt = decoded(salt).filter(|salt| salt.len() <= MAX_SALT_BYTES).ok_or(DAMAGED)?;
        salt.extend(&self.separator);
        let stream: Vec<u8> = encrypted.iter().zip(self.key.iter()).map(|(hash, key)| hash ^ key).collect();
        let (salt64, stream64) = (Base64Unpadded::encode_string(&salt), Base64Unpadded::encode_string(&stream));
        let text = format!("$firebase-scrypt$ln={},r={}${salt64}${stream64}", self.mem_cost, self.rounds);
        PasswordHash::parse(&text).map_err(|_| DAMAGED)
    }
}

/// The bytes of base64 in either alphabet, padded or not.
fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let standard = Zeroizing::new(text.trim_end_matches('=').replace('-', "+").replace('_', "/"));
    let bytes = Base64Unpadded::decode_vec(&standard).ok()?;
    Some(Zeroizing::new(bytes))
}
