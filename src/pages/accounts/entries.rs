//! The journal of an account, whole.

use std::collections::BTreeMap;

use serde::Serialize;

use super::acting::Acting;
use crate::pages::activity::text_of;
use crate::pages::moment::Moment;
use crate::types::UserId;

/// The journal of an account, a page at a time.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AccountJournal {
    /// At most 50 entries, the latest first.
    pub entries: Vec<ShownEntry>,
    /// The value of `before` in the query of the page with earlier ones, if there may be some.
    pub earlier: Option<u64>,
    /// Whether it could be read.
    pub complete: bool,
}

/// An entry of the journal.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownEntry {
    /// Its number among those of the account.
    pub seq: u64,
    /// When.
    pub at: Moment,
    /// The [name](crate::event::EventKind::name) of the event.
    pub event: String,
    /// What to say.
    pub text: String,
    /// The operator who did it: the address, or the id if there is no such account any more.
    pub operator: Option<String>,
}

const AT_ONCE: u32 = 50;

/// `None` where the pages have no journal.
pub(super) async fn journal(acting: &Acting, user: &UserId, before: Option<u64>) -> Option<AccountJournal> {
    let browser = acting.browser();
    let journal = browser.pages.shared.hooks.journal.as_ref()?;
    let read = match journal.latest(user, before, AT_ONCE).await {
        Ok(read) => read,
        Err(error) => {
            browser.auth().page_failed("latest", error);
            return Some(AccountJournal { entries: Vec::new(), earlier: None, complete: false });
        }
    };
    let is_cut = read.len() >= AT_ONCE as usize;
    let earlier = read.last().filter(|last| is_cut && last.seq > 1).map(|last| last.seq);
    let texts = &browser.reader.texts;
    let mut names = BTreeMap::<UserId, String>::new();
    let mut entries = Vec::new();
    for entry in read {
        if let Some(operator) = entry.operator.as_ref().filter(|operator| !names.contains_key(operator)) {
            let address = acting.operator.overview(operator).await.map(|account| account.email.as_typed().to_owned());
            names.insert(operator.clone(), address.unwrap_or_else(|_| operator.to_string()));
        }
        entries.push(ShownEntry {
            seq: entry.seq,
            at: Moment::new(entry.at, texts),
            text: text_of(&entry.event).map_or_else(|| entry.event.to_string(), |text| texts.get(text)),
            event: entry.event.into(),
            operator: entry.operator.and_then(|operator| names.get(&operator).cloned()),
        });
    }
    Some(AccountJournal { entries, earlier, complete: true })
}
