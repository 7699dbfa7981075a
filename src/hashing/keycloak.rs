//! Credentials of Keycloak, which keeps a hash in the fields of two JSON texts.

use serde::Deserialize;

use super::hash::PasswordHash;
use super::malformed::MalformedHash;

/// The longest text that is read, in bytes. Keycloak writes some 150.
const MAX_TEXT_BYTES: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialData {
    hash_iterations: u32,
    algorithm: String,
    #[serde(default)]
    additional_parameters: AdditionalParameters,
}

/// Of Argon2. Keycloak keeps a list of each.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AdditionalParameters {
    r#type: Vec<String>,
    version: Vec<String>,
    memory: Vec<String>,
    parallelism: Vec<String>,
}

#[derive(Deserialize)]
struct SecretData {
    value: String,
    salt: String,
}

impl PasswordHash {
    /// Reads the password of a user whom Keycloak exported: the two texts `credentialData` and `secretData` of a credential of type
    /// `password`. PBKDF2 needs the feature `legacy-hashes`; Argon2 does not. [`as_str`](Self::as_str) gives the PHC string that
    /// means the same.
    ///
    /// ```
    /// use doorward::hashing::PasswordHash;
    ///
    /// let hash = PasswordHash::from_keycloak(
    ///     r#"{"hashIterations":2,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["19456"],
    ///        "type":["id"],"version":["1.3"],"parallelism":["1"]}}"#,
    ///     r#"{"value":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","salt":"c29tZXNhbHRzb21lc2FsdA=="}"#,
    /// )?;
    /// assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    /// assert!(PasswordHash::from_keycloak("{}", "{}").is_err());
    /// # Ok::<(), doorward::hashing::MalformedHash>(())
    /// ```
    ///
    /// # Errors
    /// [`MalformedHash`], as [`parse`](Self::parse).
    pub fn from_keycloak(credential_data: &str, secret_data: &str) -> Result<Self, MalformedHash> {
        read(credential_data, secret_data)
    }
}

const DAMAGED: MalformedHash = MalformedHash::Damaged { looks_like: "a credential of Keycloak" };

fn read(credential_data: &str, secret_data: &str) -> Result<PasswordHash, MalformedHash> {
    if credential_data.len().max(secret_data.len()) > MAX_TEXT_BYTES {
        return Err(DAMAGED);
    }
    let data: CredentialData = serde_json::from_str(credential_data).map_err(|_| DAMAGED)?;
    let SecretData { value, salt } = serde_json::from_str(secret_data).map_err(|_| DAMAGED)?;
    let (value64, salt64) = (value.trim_end_matches('='), salt.trim_end_matches('='));
    let iterations = data.hash_iterations;
    let pbkdf2 = |prf: &str| {
        // The length of the tag, which the PHC string repeats; if it is wrong the text is not canonical.
        let bytes = value64.len() * 3 / 4;
        PasswordHash::parse(&format!("$pbkdf2-{prf}$i={iterations},l={bytes}${salt64}${value64}"))
    };
    let parsed = match data.algorithm.as_str() {
        "pbkdf2" => pbkdf2("sha1"),
        "pbkdf2-sha256" => pbkdf2("sha256"),
        "pbkdf2-sha512" => pbkdf2("sha512"),
        "argon2" => {
            let AdditionalParameters { r#type, version, memory, parallelism } = &data.additional_parameters;
            let only = |list: &[String]| if let [one] = list { Ok(one.clone()) } else { Err(DAMAGED) };
            let version = match only(version)?.as_str() {
                "1.3" => "19",
                "1.0" => "16",
                _ => return Err(DAMAGED),
            };
            let (variant, memory, lanes) = (only(r#type)?, only(memory)?, only(parallelism)?);
            let params = format!("m={memory},t={iterations},p={lanes}");
            PasswordHash::parse(&format!("$argon2{variant}$v={version}${params}${salt64}${value64}"))
        }
        _ => return Err(DAMAGED),
    };
    parsed.map_err(|error| if error == MalformedHash::NeedsLegacyHashes { error } else { DAMAGED })
}
