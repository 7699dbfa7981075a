use serde_json::{Map, Value};

/// Fields of a newer release.
pub(in crate::user) type Extra = Map<String, Value>;
