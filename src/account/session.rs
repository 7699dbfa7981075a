use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::types::{DeviceId, Epoch, Malformed, UserId, base64url, micros};

/// How the user proved their identity.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthMethod {
    /// The user's own password.
    Password,
    /// A mailed temporary password, which proves access to the mailbox.
    TemporaryPassword,
    /// A mailed reset link, which proves access to the mailbox.
    ResetLink,
    /// A code of an authenticator.
    Totp,
    /// A recovery code in place of an authenticator's.
    RecoveryCode,
}

impl AuthMethod {
    /// Whether it proves the second factor.
    pub fn is_second_factor(self) -> bool {
        matches!(self, Self::Totp | Self::RecoveryCode)
    }
}

/// A proof of identity and its time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Authentication {
    /// The method of proof.
    pub method: AuthMethod,
    /// When it was given.
    #[serde(with = "micros")]
    pub at: OffsetDateTime,
}

/// What a host stores of a sign-in: the user, the epoch, and the proofs with their times.
///
/// It is plain data for the host's session store and does **not** protect itself: keep it on the server, or in a cookie that is
/// encrypted and authenticated. Pass it to [`Auth::resume`](crate::Auth::resume) on every later request, which rejects it once
/// the user was deactivated, signed out everywhere or changed a credential, or once its device was revoked or evicted.
///
/// ```
/// # use doorward::Session;
/// assert!(Session::decode("").is_err());
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Session {
    user_id: UserId,
    epoch: Epoch,
    #[serde(with = "micros")]
    signed_in_at: OffsetDateTime,
    methods: Vec<Authentication>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<DeviceId>,
}

impl Authentication {
    pub(crate) fn new(method: AuthMethod, at: OffsetDateTime) -> Self {
        Self { method, at }
    }
}

impl Session {
    pub(crate) fn new(
        user_id: UserId,
        epoch: Epoch,
        at: OffsetDateTime,
        methods: Vec<Authentication>,
        device: Option<DeviceId>,
    ) -> Self {
        Self { user_id, epoch, signed_in_at: at, methods, device }
    }

    /// The same sign-in in another epoch, for the acting session that started the new epoch itself.
    pub(crate) fn moved_to(&self, epoch: Epoch) -> Self {
        Self { epoch, ..self.clone() }
    }

    /// The same sign-in in another epoch, with one more proof.
    pub(crate) fn proved_again(&self, epoch: Epoch, method: AuthMethod, at: OffsetDateTime) -> Self {
        let mut session = self.moved_to(epoch);
        session.methods.retain(|proven| proven.method != method);
        session.methods.push(Authentication { method, at });
        session
    }

    /// The same session in a browser that is another device from now on.
    pub(crate) fn on_device(mut self, device: Option<DeviceId>) -> Self {
        self.device = device;
        self
    }

    /// The user of the session.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// When the sign-in took place.
    pub fn signed_in_at(&self) -> OffsetDateTime {
        self.signed_in_at
    }

    /// The proofs given, with their times.
    pub fn methods(&self) -> &[Authentication] {
        &self.methods
    }

    /// Which of the user's [`devices`](crate::Auth::devices) it runs on, to mark it as "this device". The session ends with the
    /// device. `None` if no device was granted.
    pub fn device(&self) -> Option<DeviceId> {
        self.device
    }

    /// The session as text of letters, digits, `-` and `_`, for any session store.
    pub fn encode(&self) -> String {
        // Serialising this struct cannot fail; `decode` would reject an empty text.
        base64url::encode(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Parses what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`Malformed`] if it is anything else.
    pub fn decode(text: &str) -> Result<Self, Malformed> {
        let bytes = base64url::decode(text).ok_or(Malformed::SESSION)?;
        serde_json::from_slice(&bytes).map_err(|_| Malformed::SESSION)
    }
}
