//! Identifiers of users, devices and states (`Version`, `Epoch`).

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::base64url;
use super::malformed::Malformed;

/// The id of a user: opaque text of 1 to 128 bytes without control characters.
///
/// Random by default (22 characters, 128 bits); a host with ids of its own sets them by
/// [`Provision::id`](crate::account::Provision::id). Ids appear in events and in `Debug`, and **without a
/// [`Keyring`](crate::Keyring) in every cookie, challenge and mailed link** (base64url), where sequential ones tell how many users
/// there are; with one they are sealed there. So do not use an address or a name as an id.
///
/// ```
/// use doorward::UserId;
///
/// assert_eq!(UserId::parse("4711")?.as_str(), "4711");
/// assert!(UserId::parse("").is_err());
/// # Ok::<(), doorward::error::Malformed>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UserId(Box<str>);

impl UserId {
    /// The maximum length of an id, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// Parses an id that the host chose.
    ///
    /// # Errors
    /// [`Malformed`] if it is empty, longer than [`UserId::MAX_BYTES`] or contains a control character (not every database can
    /// store a NUL).
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        if fits && !text.chars().any(char::is_control) { Ok(Self(text.into())) } else { Err(Malformed::ID) }
    }

    /// An id from 128 random bits that the caller drew.
    pub(crate) fn from_random(bytes: [u8; 16]) -> Self {
        Self(base64url::encode(&bytes).into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UserId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text)
    }
}

impl Serialize for UserId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// A random 128-bit identifier with a text form of 22 characters.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, PartialEq)]
        pub struct $name([u8; 16]);

        impl $name {
            /// From 16 random bytes.
            pub(crate) fn from_random(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Parses the text form that [`Display`](core::fmt::Display) writes, and no other spelling of it.
            ///
            /// # Errors
            /// [`Malformed`] if it is anything else.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                base64url::decode_array(text).map(Self).ok_or(Malformed::ID)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base64url::encode(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    };
}

random_id! {
    /// Names one stored state of a [`User`](crate::store::User) or of an [`Attempts`](crate::store::Attempts) entry.
    ///
    /// Every write draws a new version, and is accepted only if the stored version is the one the decision was based on.
    /// Versions are random and compared for equality, never counted up, so a restored backup, a failover or a re-created id
    /// cannot make an old version valid again.
    Version
}

random_id! {
    /// Names one period in the life of a user's sessions.
    ///
    /// Every credential change, deactivation and sign-out everywhere starts a new epoch. Sessions are stored under the epoch in
    /// which they were opened, and are invalid once the user's epoch differs.
    Epoch
}

random_id! {
    /// Identifies a device in lists and for revoking it. It is not a credential and proves nothing.
    DeviceId
}

random_id! {
    /// Identifies a session in lists and for revoking it. It is not the token, and proves nothing.
    SessionId
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({self})")
    }
}

// It is of no use to anyone who reads a log.
super::secret::redacted_debug!(Epoch => "Epoch");

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

impl DeviceId {
    /// The 16 bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl SessionId {
    /// The 16 bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
