use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::types::base64url;

/// The first 48 bits of an id or a keyed digest: enough to tell the devices and addresses of one account apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ShortId([u8; Self::BYTES]);

impl ShortId {
    pub(crate) const BYTES: usize = 6;

    /// Of random bytes or a digest. Bytes that are missing are zero.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut id = [0; Self::BYTES];
        id.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Self(id)
    }
}

impl Serialize for ShortId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for ShortId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        base64url::decode_array(&text).map(Self).ok_or_else(|| de::Error::custom("not a short id"))
    }
}
