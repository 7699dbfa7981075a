//! Firebase Authentication: scrypt gives a key, under which AES-256 in counter mode encrypts a key of the project.
//!
//! To encrypt is to add a key stream. What is kept here is that stream, found once by `FirebaseScrypt` with the project's key, so
//! that verifying needs no secret of another system.

use aes::Aes256;
use base64ct::{Base64Unpadded, Encoding};
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::scrypt::{ScryptCost, derive};
use super::text::{self, SALT};

/// The length of a project's key, and so of the stream.
const STREAM_BYTES: usize = 64;

#[derive(Clone)]
pub(super) struct Firebase {
    cost: ScryptCost,
    salt: Box<[u8]>,
    stream: Box<[u8]>,
}

/// Parses `$firebase-scrypt$ln=14,r=8$salt$stream`, a form of this crate.
pub(super) fn parse(text: &str) -> Option<Firebase> {
    let ["", "firebase-scrypt", params, salt64, stream64] = text::fields(text)? else { return None };
    let (log_n, r) = params.strip_prefix("ln=")?.split_once(",r=")?;
    let (log_n, r): (u8, u32) = (log_n.parse().ok()?, r.parse().ok()?);
    let cost = ScryptCost::new(log_n, r, 1)?;
    let salt = text::bytes::<Base64Unpadded>(salt64, SALT)?;
    let stream = text::bytes::<Base64Unpadded>(stream64, STREAM_BYTES..=STREAM_BYTES)?;
    let (salt64, stream64) = (Base64Unpadded::encode_string(&salt), Base64Unpadded::encode_string(&stream));
    (format!("$firebase-scrypt$ln={log_n},r={r}${salt64}${stream64}") == text).then_some(Firebase {
        cost,
        salt,
        stream,
    })
}

impl Firebase {
    /// That of scrypt: the rest takes no time beside it.
    pub(super) fn cost(&self) -> ScryptCost {
        self.cost
    }

    pub(super) fn verify(&self, typed: &[u8]) -> bool {
        let mut key = Zeroizing::new([0; 32]);
        let mut stream = Zeroizing::new([0; STREAM_BYTES]);
        let derived = derive(self.cost, typed, &self.salt, &mut key[..]);
        let Ok(mut cipher) = Ctr128BE::<Aes256>::new_from_slices(&key[..], &[0; 16]) else { return false };
        cipher.apply_keystream(&mut stream[..]);
        bool::from(stream[..].ct_eq(&self.stream)) & derived
    }
}
