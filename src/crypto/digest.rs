use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};

use crate::types::Digest;

/// The purpose of a digest. Each has its own prefix, so a digest made for one never matches that of another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    AttemptKey,
    Challenge,
    DeletionLink,
    Device,
    DummyHash,
    EmailChange,
    EmailUndo,
    RecoveryCode,
    RegistrationLink,
    ResetLink,
    SealedPasswordHash,
    SealedTotpSecret,
    EmailPseudonym,
    JournalCheckpoint,
    JournalEntry,
    #[cfg(feature = "pages")]
    SealedCookie,
    Session,
    SightedAddress,
    TemporaryPassword,
    TokenHolder,
    TokenNonce,
}

impl Purpose {
    pub(super) fn prefix(self) -> &'static [u8] {
        match self {
            Self::AttemptKey => b"doorward:attempt-key:1",
            Self::Challenge => b"doorward:challenge:1",
            Self::DeletionLink => b"doorward:deletion-link:1",
            Self::Device => b"doorward:device:1",
            Self::DummyHash => b"doorward:dummy-hash:1",
            Self::EmailChange => b"doorward:email-change:1",
            Self::EmailUndo => b"doorward:email-undo:1",
            Self::RecoveryCode => b"doorward:recovery-code:1",
            Self::RegistrationLink => b"doorward:registration-link:1",
            Self::ResetLink => b"doorward:reset-link:1",
            Self::SealedPasswordHash => b"doorward:sealed-password-hash:1",
            Self::SealedTotpSecret => b"doorward:sealed-totp-secret:1",
            Self::EmailPseudonym => b"doorward:subject:1",
            Self::JournalCheckpoint => b"doorward:journal-checkpoint:1",
            Self::JournalEntry => b"doorward:journal-entry:1",
            #[cfg(feature = "pages")]
            Self::SealedCookie => b"doorward:sealed-cookie:1",
            Self::Session => b"doorward:session:1",
            Self::SightedAddress => b"doorward:sighted-address:1",
            Self::TemporaryPassword => b"doorward:temporary-password:1",
            Self::TokenHolder => b"doorward:token-holder:1",
            Self::TokenNonce => b"doorward:token-nonce:1",
        }
    }
}

/// SHA-256 over the purpose and the parts. Each part is preceded by its length, so no two lists of parts collide.
pub(crate) fn sha256(purpose: Purpose, parts: &[&[u8]]) -> Digest {
    let mut state = Sha256::new();
    absorb(purpose, parts, |bytes| state.update(bytes));
    Digest::new(state.finalize().into())
}

/// HMAC-SHA-256 over the same input, under a key of the host.
pub(crate) fn keyed(key: &[u8; 32], purpose: Purpose, parts: &[&[u8]]) -> Digest {
    // Unreachable, since HMAC takes keys of any length; falling back avoids a panic path.
    let Ok(mut state) = Hmac::<Sha256>::new_from_slice(key) else { return sha256(purpose, parts) };
    absorb(purpose, parts, |bytes| state.update(bytes));
    Digest::new(state.finalize().into_bytes().into())
}

fn absorb(purpose: Purpose, parts: &[&[u8]], mut update: impl FnMut(&[u8])) {
    update(purpose.prefix());
    for part in parts {
        update(&(part.len() as u64).to_be_bytes());
        update(part);
    }
}
