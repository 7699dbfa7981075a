//! Time-based one-time passwords (RFC 6238), computed by `totp-rs`, whose types do not leave this module.

use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use super::enrollment::TotpEnrollment;
use crate::crypto::{Draw, RandomError};

/// The seconds of a step. Many authenticators ignore any other period, so there is none.
const STEP_SECONDS: u64 = 30;

/// How far off a phone's clock may be for its codes to be recognised (ten minutes either way), which never makes them right. Clocks
/// set by hand are minutes off; beyond that a random code would too often look like one.
const RECOGNISED_STEPS: i32 = 20;

/// The hash function of an authenticator's codes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TotpAlgorithm {
    /// SHA-1, which every authenticator supports. Its weakness against collisions does not matter in HMAC.
    #[default]
    Sha1,
    /// SHA-256. Some authenticators ignore this setting and compute wrong codes; enrolling then fails at the first code.
    Sha256,
    /// SHA-512. The same applies.
    Sha512,
}

/// How codes of one authenticator are computed and checked; stored with each enrollment.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct TotpParams {
    pub(crate) algorithm: TotpAlgorithm,
    pub(crate) digits: u8,
    /// How many steps before and after the current one are accepted.
    pub(crate) window: u8,
}

impl TotpParams {
    /// Keys are as long as the output of the hash function (RFC 6238, section 5.1), so at least 160 bits.
    pub(crate) fn secret_bytes(self) -> usize {
        match self.algorithm {
            TotpAlgorithm::Sha1 => 20,
            TotpAlgorithm::Sha256 => 32,
            TotpAlgorithm::Sha512 => 64,
        }
    }
}

/// What a code of an authenticator is, at one time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TotpVerdict {
    /// Of an accepted step.
    Right { step: u64 },
    /// Of none. If a clock that is so many steps ahead would have shown it, and the step is later than the last one used: how many.
    Wrong { steps_off: Option<i32> },
}

/// The secret shared by an authenticator and the host.
pub(crate) struct TotpSecret {
    bytes: Zeroizing<Vec<u8>>,
    params: TotpParams,
}

impl TotpSecret {
    /// The most random bytes that a secret takes.
    const MAX_BYTES: usize = 64;

    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>, params: TotpParams) -> Self {
        Self { bytes, params }
    }

    /// A new secret, as long as its parameters ask for.
    pub(crate) fn draw(params: TotpParams) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new(<[u8; Self::MAX_BYTES]>::draw()?.to_vec());
        bytes.truncate(params.secret_bytes());
        Ok(Self { bytes, params })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the code belongs to a step that is accepted at this time and later than `after`; otherwise how far off it is.
    ///
    /// It is compared with every recognised step in constant time, used ones included, for every code and every user: the time
    /// taken reveals nothing.
    pub(crate) fn judge(&self, code: &str, unix_seconds: u64, after: Option<u64>) -> TotpVerdict {
        let Some(totp) = self.totp("", None) else { return TotpVerdict::Wrong { steps_off: None } };
        // A stored document must not be able to widen the window.
        let (now, window) = (unix_seconds / STEP_SECONDS, u32::from(self.params.window.min(1)));
        let mut verdict = TotpVerdict::Wrong { steps_off: None };
        for off in -RECOGNISED_STEPS..=RECOGNISED_STEPS {
            let step = now.saturating_add_signed(off.into());
            let matches = totp.check(code, step.saturating_mul(STEP_SECONDS)).is_some();
            // At the beginning of time steps coincide.
            if !matches || after.is_some_and(|after| step <= after) || now.checked_add_signed(off.into()).is_none() {
                continue;
            }
            verdict = match verdict {
                _ if off.unsigned_abs() <= window => TotpVerdict::Right { step },
                TotpVerdict::Wrong { steps_off } if steps_off.is_none_or(|other| off.abs() < other.abs()) => {
                    TotpVerdict::Wrong { steps_off: Some(off) }
                }
                better => better,
            };
        }
        verdict
    }

    /// What an authenticator is set up with. Colons separate the parts of the URI, so none may be in them.
    pub(crate) fn enrollment(&self, issuer: &str, account: &str) -> TotpEnrollment {
        let [issuer, account] = [issuer, account].map(|part| part.replace(':', " "));
        // Secrets are as long as `TotpParams::secret_bytes` says, and no part has a colon: the library has nothing to reject.
        let totp = self.totp(&account, Some(issuer));
        let uri = totp.as_ref().and_then(|totp| totp.to_url().ok()).unwrap_or_default();
        let key = totp.map(|totp| totp.secret().to_base32()).unwrap_or_default();
        TotpEnrollment::new(Zeroizing::new(uri), &Zeroizing::new(key))
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn secret(hex: &str, params: TotpParams) -> TotpSecret {
        let bytes = hex.as_bytes().chunks(2).map(|pair| {
            u8::from_str_radix(core::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal digits")
        });
        TotpSecret::new(Zeroizing::new(bytes.collect()), params)
    }

    fn accepted(secret: &TotpSecret, code: &str, unix_seconds: u64, after: Option<u64>) -> Option<u64> {
        match secret.judge(code, unix_seconds, after) {
            TotpVerdict::Right { step } => Some(step),
            TotpVerdict::Wrong { .. } => None,
        }
    }

    fn strict(algorithm: TotpAlgorithm, digits: u8) -> TotpParams {
        TotpParams { algorithm, digits, window: 0 }
    }

    /// The vectors of RFC 4226, with counters as steps.
    #[test]
    fn the_codes_of_rfc_4226_are_accepted_in_their_steps() {
        let file: Value = serde_json::from_str(include_str!("../../tests/data/hotp_rfc4226.json")).unwrap();
        let secret = secret(file["secret_hex"].as_str().unwrap(), strict(TotpAlgorithm::Sha1, 6));
        let vectors = file["vectors"].as_array().unwrap();
        for vector in vectors {
            let (step, code) = (vector["counter"].as_u64().unwrap(), vector["code6"].as_str().unwrap());
            assert_eq!(accepted(&secret, code, step * 30, None), Some(step));
            assert_eq!(accepted(&secret, code, step * 30 + 29, None), Some(step));
            assert_eq!(accepted(&secret, code, step * 30 + 30, None), None);
            assert_eq!(accepted(&secret, code, step * 30, Some(step)), None, "used up");
        }
        assert_eq!(vectors.len(), 10);
    }

    #[test]
    fn the_codes_of_rfc_6238_are_accepted_by_each_hash_function_with_six_and_eight_digits() {
        let file: Value = serde_json::from_str(include_str!("../../tests/data/totp_rfc6238.json")).unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        for vector in vectors {
            let name = vector["algorithm"].as_str().unwrap();
            let algorithm = match name {
                "SHA1" => TotpAlgorithm::Sha1,
                "SHA256" => TotpAlgorithm::Sha256,
                _ => TotpAlgorithm::Sha512,
            };
            let (time, step) = (vector["unix_time"].as_u64().unwrap(), vector["step"].as_u64().unwrap());
            for (digits, field) in [(8, "code8"), (6, "code6")] {
                let secret = secret(file["secrets"][name]["hex"].as_str().unwrap(), strict(algorithm, digits));
                let code = vector[field].as_str().unwrap();
                assert_eq!(accepted(&secret, code, time, None), Some(step), "{name} at {time}");
                assert_eq!(secret.as_bytes().len(), strict(algorithm, digits).secret_bytes(), "the RFC's key lengths");
            }
        }
        assert_eq!(vectors.len(), 18);
    }

    #[test]
    fn base32_and_uris_are_those_of_the_key_uri_format() {
        let file: Value = serde_json::from_str(include_str!("../../tests/data/base32_otpauth.json")).unwrap();
        let vector = &file["otpauth"]["vectors"][1];
        let secret = secret(vector["secret_hex"].as_str().unwrap(), strict(TotpAlgorithm::Sha1, 6));
        let enrollment = secret.enrollment(vector["issuer"].as_str().unwrap(), vector["account"].as_str().unwrap());
        let uri = enrollment.uri();
        // What is left out has these very values where it is not said.
        let published = vector["uri"].as_str().unwrap().replace("&algorithm=SHA1&digits=6&period=30", "");
        assert_eq!(uri.replace("%40", "@").replace("%2E", "."), published);
        // Colons would end the issuer.
        assert!(secret.enrollment("A:B", "c:d@x.example").uri().starts_with("otpauth://totp/A%20B:c%20d"));
    }

    #[test]
    fn of_a_window_the_latest_step_is_accepted_and_none_up_to_the_last_one() {
        let params = TotpParams { window: 1, ..strict(TotpAlgorithm::Sha1, 6) };
        let secret = secret("3132333435363738393031323334353637383930", params);
        let code = "755224"; // step 0
        assert_eq!(accepted(&secret, code, 30, None), Some(0));
        assert_eq!(accepted(&secret, code, 30, Some(0)), None);
        assert_eq!(accepted(&secret, code, 60, None), None);
        assert_eq!(accepted(&secret, code, u64::MAX, None), None, "no overflow at the end of time");
    }

    #[test]
    fn a_code_of_a_clock_astray_is_recognised_and_never_accepted() {
        let params = TotpParams { window: 1, ..strict(TotpAlgorithm::Sha1, 6) };
        let secret = secret("3132333435363738393031323334353637383930", params);
        let now = 1_000_000_u64;
        let code = |step: u64| secret.totp("", None).unwrap().generate(step * 30).to_string();
        for off in -40..=40_i32 {
            let step = now.saturating_add_signed(off.into());
            let expected = match off {
                -1..=1 => TotpVerdict::Right { step },
                -20..=20 => TotpVerdict::Wrong { steps_off: Some(off) },
                _ => TotpVerdict::Wrong { steps_off: None },
            };
            for second in [0, 29] {
                assert_eq!(secret.judge(&code(step), now * 30 + second, None), expected, "{off}");
            }
            // A used code, and one before a used one, are nothing.
            let used = secret.judge(&code(step), now * 30, Some(step));
            assert_eq!(used, TotpVerdict::Wrong { steps_off: None }, "{off}");
            let later = secret.judge(&code(step), now * 30, Some(step + 3));
            assert_eq!(later, TotpVerdict::Wrong { steps_off: None }, "{off}");
            assert_eq!(secret.judge(&code(step), now * 30, Some(step - 1)), expected, "{off}");
        }
        // At either end of time.
        for seconds in [0, 30, u64::MAX] {
            assert_eq!(secret.judge("not it", seconds, None), TotpVerdict::Wrong { steps_off: None });
        }
        assert_eq!(secret.judge(&code(7), 0, None), TotpVerdict::Wrong { steps_off: Some(7) });
        assert_eq!(secret.judge(&code(0), 300, None), TotpVerdict::Wrong { steps_off: Some(-10) });
    }
}
