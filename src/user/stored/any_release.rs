use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A list to which a newer release may add elements that this one does not understand. Those count for nothing here, and are kept:
/// several releases may run on one database.
#[derive(Clone)]
pub(in crate::user) struct OfAnyRelease<T> {
    pub(in crate::user) known: Vec<T>,
    newer: Vec<Value>,
}

impl<T> OfAnyRelease<T> {
    /// The elements that only a newer release understands.
    pub(in crate::user) fn newer(&self) -> &[Value] {
        &self.newer
    }

    pub(in crate::user) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.newer.is_empty()
    }
}

impl<T> Default for OfAnyRelease<T> {
    fn default() -> Self {
        Self { known: Vec::new(), newer: Vec::new() }
    }
}

impl<T> From<Vec<T>> for OfAnyRelease<T> {
    fn from(known: Vec<T>) -> Self {
        Self { known, newer: Vec::new() }
    }
}

impl<T: Serialize> Serialize for OfAnyRelease<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Element<'a, T> {
            Known(&'a T),
            Newer(&'a Value),
        }
        let (known, newer) = (self.known.iter().map(Element::Known), self.newer.iter().map(Element::Newer));
        serializer.collect_seq(known.chain(newer))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OfAnyRelease<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut read = Self::default();
        for element in Vec::<Value>::deserialize(deserializer)? {
            match T::deserialize(&element) {
                Ok(known) => read.known.push(known),
                Err(_) => read.newer.push(element),
            }
        }
        Ok(read)
    }
}
