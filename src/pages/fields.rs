//! What a form, a query or a JSON object carries.

use std::collections::BTreeMap;

use serde_json::Value;
use zeroize::Zeroizing;

/// Names and values. Values may be secrets, and these copies are wiped; the server's buffer is not.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, Zeroizing<String>)>);

impl Fields {
    pub(super) fn parse(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text);
        Self(pairs.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned()))).collect())
    }

    /// The members of a JSON object: strings, numbers and `true`. What is `false` or `null` is not there.
    pub(super) fn parse_json(text: &[u8]) -> Option<Self> {
        let object: BTreeMap<String, Value> = serde_json::from_slice(text).ok()?;
        let mut fields = Vec::new();
        for (name, value) in object {
            match value {
                Value::Null | Value::Bool(false) => {}
                Value::Bool(true) => fields.push((name, Zeroizing::new("1".to_owned()))),
                Value::Number(number) => fields.push((name, Zeroizing::new(number.to_string()))),
                Value::String(value) => fields.push((name, Zeroizing::new(value))),
                Value::Array(_) | Value::Object(_) => return None,
            }
        }
        Some(Self(fields))
    }

    /// The first value of that name, empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }
}
