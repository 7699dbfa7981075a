use doorward::error::Malformed;

/// The prefix of the names of tables, constraints and indexes. It becomes part of statements, so only plain identifiers are
/// allowed; at 32 characters, the longest name stays below the 63 bytes that PostgreSQL keeps.
#[derive(Clone, Debug)]
pub struct TablePrefix(Box<str>);

impl TablePrefix {
    const MAX_BYTES: usize = 32;

    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let first = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let rest = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if first && rest && text.len() <= Self::MAX_BYTES {
            Ok(Self(text.into()))
        } else {
            Err(Malformed::new("table prefix"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TablePrefix {
    fn default() -> Self {
        Self("doorward_".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_plain_name() {
        for good in ["doorward_", "_", "a", "acme2_auth_", &"a".repeat(32)] {
            assert!(TablePrefix::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "2a", "A_", "a-b", "a b", "a.b", "a\"b", "a;--", "é_", "a\0", &"a".repeat(33)] {
            assert!(TablePrefix::parse(bad).is_err(), "{bad}");
        }
    }
}
