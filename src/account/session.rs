use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::types::{DeviceId, Epoch, Malformed, UserId, base64url, micros};

/// How something was proved.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthMethod {
    /// The own password.
    Password,
    /// A mailed temporary password: the mailbox.
    TemporaryPassword,
    /// A mailed reset link: the mailbox.
    ResetLink,
    /// A code of an authenticator.
    Totp,
    /// A recovery code, in place of one.
    RecoveryCode,
}

impl AuthMethod {
    /// Whether it proves the second factor.
    pub fn is_second_factor(self) -> bool {
        matches!(self, Self::Totp | Self::RecoveryCode)
    }
}

/// A proof and its time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Authentication {
    /// What was proved with.
    pub method: AuthMethod,
    /// When.
    #[serde(with = "micros")]
    pub at: OffsetDateTime,
}

/// What a host keeps of a sign-in: whose it is, its epoch, and what was proved when.
///
/// It is plain data for the host's session store, and it is **not** a credential that protects itself: keep it on the
/// server, or in a cookie that is encrypted and authenticated. Every later request hands it to
/// [`Auth::resume`](crate::Auth::resume), which refuses it once the user was deactivated, signed out everywhere or changed
/// a credential, or its device is none any more.
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

    /// The same sign-in in another epoch: for the acting session when it moves the epoch itself.
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

    /// Whose session it is.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// When it began.
    pub fn signed_in_at(&self) -> OffsetDateTime {
        self.signed_in_at
    }

    /// What was proved, and when.
    pub fn methods(&self) -> &[Authentication] {
        &self.methods
    }

    /// On which of the user's [`devices`](crate::Auth::devices) it runs, to mark it as "this device". It ends with the device.
    /// `None` if there was no place for one.
    pub fn device(&self) -> Option<DeviceId> {
        self.device
    }

    /// As text of letters, digits, `-` and `_`: for any session store.
    pub fn encode(&self) -> String {
        // Serialising this struct cannot fail; an empty text would be refused by `decode`.
        base64url::encode(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`Malformed`] if it is anything else.
    pub fn decode(text: &str) -> Result<Self, Malformed> {
        let bytes = base64url::decode(text).ok_or(Malformed::SESSION)?;
        serde_json::from_slice(&bytes).map_err(|_| Malformed::SESSION)
    }
}
