use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::session::Authentication;

/// What was proved, and when. A proof by a method of a newer release counts for nothing here, and is kept: several releases may run
/// on one database.
#[derive(Clone, Default)]
pub(in crate::user) struct StoredProofs {
    pub(in crate::user) known: Vec<Authentication>,
    newer: Vec<Value>,
}

impl StoredProofs {
    pub(in crate::user) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.newer.is_empty()
    }
}

impl From<Vec<Authentication>> for StoredProofs {
    fn from(known: Vec<Authentication>) -> Self {
        Self { known, newer: Vec::new() }
    }
}

impl Serialize for StoredProofs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Proof<'a> {
            Known(&'a Authentication),
            Newer(&'a Value),
        }
        let (known, newer) = (self.known.iter().map(Proof::Known), self.newer.iter().map(Proof::Newer));
        serializer.collect_seq(known.chain(newer))
    }
}

impl<'de> Deserialize<'de> for StoredProofs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut read = Self::default();
        for proof in Vec::<Value>::deserialize(deserializer)? {
            match Authentication::deserialize(&proof) {
                Ok(known) => read.known.push(known),
                Err(_) => read.newer.push(proof),
            }
        }
        Ok(read)
    }
}
