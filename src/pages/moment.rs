use core::fmt;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::catalogue::Texts;

/// An instant. It displays as people read it, in their language and in UTC; as JSON it is a string of RFC 3339.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moment {
    at: OffsetDateTime,
    shown: String,
}

impl Moment {
    pub(super) fn new(at: OffsetDateTime, texts: &Texts) -> Self {
        Self { at, shown: texts.moment(at) }
    }

    /// The instant itself.
    pub fn at(&self) -> OffsetDateTime {
        self.at
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.at.replace_nanosecond(0).unwrap_or(self.at).format(&Rfc3339);
        serializer.serialize_str(&text.unwrap_or_default())
    }
}
