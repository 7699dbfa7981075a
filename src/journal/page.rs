use core::fmt;
use core::str::FromStr;

use time::OffsetDateTime;

use super::entry::JournalEntry;
use crate::types::Malformed;

/// Which entries to list: those of a period, and of one kind of event or of all.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct JournalFilter {
    /// The name of an event; `None` for all.
    pub event: Option<Box<str>>,
    /// The first instant of the period.
    pub from: OffsetDateTime,
    /// The end of the period, which is not part of it.
    pub until: OffsetDateTime,
}

impl JournalFilter {
    /// All events of a period, of which the end is not a part.
    pub fn period(from: OffsetDateTime, until: OffsetDateTime) -> Self {
        Self { event: None, from, until }
    }

    /// Only the events with this [name](crate::event::EventKind::name).
    #[must_use]
    pub fn event(self, name: &str) -> Self {
        Self { event: Some(name.into()), ..self }
    }
}

/// How far a reader has followed the journal: opaque, with a text form to keep in a table or a file. The default is the
/// beginning.
///
/// ```
/// use doorward::journal::JournalCursor;
///
/// let kept = JournalCursor::default().to_string();
/// assert_eq!(kept.parse::<JournalCursor>()?, JournalCursor::default());
/// assert!("yesterday".parse::<JournalCursor>().is_err());
/// # Ok::<(), doorward::error::Malformed>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct JournalCursor {
    transaction: i64,
    position: i64,
}

impl JournalCursor {
    /// For adapters: behind the entry at this position among those of this transaction.
    pub fn new(transaction: i64, position: i64) -> Self {
        Self { transaction, position }
    }

    /// The transaction that stored the last entry that was read; 0 where the store needs none.
    pub fn transaction(&self) -> i64 {
        self.transaction
    }

    /// The position of that entry.
    pub fn position(&self) -> i64 {
        self.position
    }
}

impl fmt::Display for JournalCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.transaction, self.position)
    }
}

impl FromStr for JournalCursor {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let number = |text: &str| text.parse().ok();
        let (transaction, position) = text.split_once('.').ok_or(Malformed::new("journal cursor"))?;
        number(transaction).zip(number(position)).map(|(t, p)| Self::new(t, p)).ok_or(Malformed::new("journal cursor"))
    }
}

/// Entries in the order in which they were stored, and where to go on.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct JournalPage {
    /// The entries; none if there is nothing new.
    pub entries: Vec<JournalEntry>,
    /// Behind the last of them. Keep it once they are processed.
    pub next: JournalCursor,
}
