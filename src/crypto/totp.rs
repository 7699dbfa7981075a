//! Time-based one-time passwords (RFC 6238), by `totp-rs`, whose types stay in here.

use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

/// The seconds of a step. Many authenticators ignore any other period, so there is none.
const STEP_SECONDS: u64 = 30;

/// The hash function of an authenticator's codes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TotpAlgorithm {
    /// SHA-1: what every authenticator understands. Its weakness against collisions does not matter in HMAC.
    #[default]
    Sha1,
    /// SHA-256. Some authenticators ignore it and compute wrong codes; enrolling then fails at the first code.
    Sha256,
    /// SHA-512. The same.
    Sha512,
}

/// How codes of one authenticator are made and read; stored with each enrolment.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct TotpParams {
    pub(crate) algorithm: TotpAlgorithm,
    pub(crate) digits: u8,
    /// How many steps before and after the current one are accepted.
    pub(crate) window: u8,
}

impl TotpParams {
    /// Keys are as long as the output of the hash function (RFC 6238, section 5.1), so 160 bits at least.
    pub(crate) fn secret_bytes(self) -> usize {
        match self.algorithm {
            TotpAlgorithm::Sha1 => 20,
            TotpAlgorithm::Sha256 => 32,
            TotpAlgorithm::Sha512 => 64,
        }
    }
}

/// The secret that an authenticator and the host share.
pub(crate) struct TotpSecret {
    bytes: Zeroizing<Vec<u8>>,
    params: TotpParams,
}

impl TotpSecret {
    /// The most random bytes that a secret takes.
    pub(crate) const MAX_BYTES: usize = 64;

    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>, params: TotpParams) -> Self {
        Self { bytes, params }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which step the code is of, among those accepted at that time and later than `after`. It is compared with each in
    /// constant time.
    pub(crate) fn accepted_step(&self, code: &str, unix_seconds: u64, after: Option<u64>) -> Option<u64> {
        let totp = self.totp("", None)?;
        let (now, window) = (unix_seconds / STEP_SECONDS, u64::from(self.params.window));
        let later = |step: &u64| after.is_none_or(|after| *step > after);
        let accepted = (now.saturating_sub(window)..=now.saturating_add(window)).filter(later);
        let is_of = |step: &u64| totp.check(code, step.saturating_mul(STEP_SECONDS)).is_some();
        // All of them are compared, whichever it is.
        accepted.filter(is_of).fold(None, |_, step| Some(step))
    }

    /// The `otpauth` URI by which authenticators take the secret over. A colon separates its parts, so none may be in them.
    pub(crate) fn uri(&self, issuer: &str, account: &str) -> Option<Zeroizing<String>> {
        let [issuer, account] = [issuer, account].map(|part| part.replace(':', " "));
        self.totp(&account, Some(issuer))?.to_url().ok().map(Zeroizing::new)
    }

    /// The secret in base32, as it is typed into an authenticator.
    pub(crate) fn to_base32(&self) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(self.totp("", None)?.secret().to_base32()))
    }

    fn totp(&self, account: &str, issuer: Option<String>) -> Option<Totp> {
        use totp_rs::Algorithm;

        let algorithm = match self.params.algorithm {
            TotpAlgorithm::Sha1 => Algorithm::SHA1,
            TotpAlgorithm::Sha256 => Algorithm::SHA256,
            TotpAlgorithm::Sha512 => Algorithm::SHA512,
        };
        Builder::new()
            .with_algorithm(algorithm)
            .with_digits(self.params.digits)
            .with_skew(0)
            .with_step_duration(STEP_SECONDS)
            .with_secret(self.bytes.to_vec())
            .with_account_name(account)
            .with_issuer(issuer)
            .build()
            .ok()
    }
}

crate::types::redacted_debug!(TotpSecret => "TotpSecret");
