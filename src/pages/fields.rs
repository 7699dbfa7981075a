//! What a form, a query or a JSON object carries.

use zeroize::Zeroizing;

use super::object::{Member, Members};

/// What a form has as a checkbox is `true` or `false` in JSON, and nothing else: the text "false" would be there, and so chosen.
const FLAGS: [&str; 4] = ["keep", "recovery", "remember", "tokens"];
/// The members that are texts. Others are unknown, and ignored whatever they are: a newer app may send them.
const TEXTS: [&str; 18] = [
    "code",
    "current_password",
    "deletion_token",
    "device",
    "device_token",
    "email",
    "email_token",
    "label",
    "link",
    "new_password",
    "password",
    "proof",
    "reason",
    "registration_token",
    "reset_token",
    "session",
    "then",
    "user",
];
/// Which some programs put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Names and values. Values may be secrets, and these copies are wiped; the server's buffer is not.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, Zeroizing<String>)>);

impl Fields {
    pub(super) fn parse(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text);
        Self(pairs.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned()))).collect())
    }

    /// The members of a JSON object. What is `false` or `null` is not there, and an empty body is an empty object. A number is no
    /// text: it would lose the zeros that a code begins with.
    ///
    /// # Errors
    /// The name of the member whose type is wrong; none if the text is no object at all.
    pub(super) fn parse_json(text: &[u8]) -> Result<Self, Option<String>> {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        if text.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let Members(members) = serde_json::from_slice(text).map_err(|_| None)?;
        let mut fields = Vec::new();
        for (name, member) in members {
            match (member, FLAGS.contains(&&*name)) {
                (Member::Null, _) | (Member::Flag(false), true) => {}
                (Member::Flag(true), true) => fields.push((name, Zeroizing::new("1".to_owned()))),
                (Member::Text(text), false) => fields.push((name, text)),
                (_, false) if !TEXTS.contains(&&*name) => {}
                _ => return Err(Some(name)),
            }
        }
        Ok(Self(fields))
    }

    /// The first value of that name, empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// What no page of the crate reads: fields of the host's own.
    pub(super) fn own(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_read = |name: &str| FLAGS.contains(&name) || TEXTS.contains(&name);
        self.0.iter().filter(move |(name, _)| !is_read(name)).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }
}
