use askama::Template;
use fluent_bundle::FluentArgs;
use serde::Serialize;

use super::action::{Action, ShownAction};
use super::desk::Desk;
use super::shown::ShownAccount;
use crate::error::AuthError;
use crate::journal::JournalEntry;
use crate::pages::activity::text_of;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::catalogue::Texts;
use crate::pages::moment::Moment;
use crate::pages::page::Page;
use crate::pages::page_model::models;
use crate::pages::security::{ShownSession, session_shown};
use crate::sharing::SharingSigns;
use crate::types::UserId;

/// `/accounts/account`: one account, and what can be done about it.
#[derive(Debug, Serialize, Template)]
#[template(path = "account_of.html")]
#[non_exhaustive]
pub struct AccountPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The account.
    pub account: ShownAccount,
    /// What an operator can do about it now.
    pub actions: Vec<ShownAction>,
    /// Where its user is signed in.
    pub sessions: Vec<ShownSession>,
    /// What might show that several people share it.
    pub signs: ShownSigns,
    /// Its latest journal entries, if the host shows a journal.
    pub journal: Option<Vec<ShownEntry>>,
    /// Whether there are entries that could not be read.
    #[serde(skip)]
    journal_failed: bool,
}

/// Signs of a shared account, of the last seven days: the fields of [`SharingSigns`].
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownSigns {
    /// The most devices used within one hour.
    pub devices_in_an_hour: u32,
    /// The most places used within two hours.
    pub places_at_once: u32,
    /// The hours in which three places were in use by turns.
    pub crowded_hours: u32,
    /// The days with such hours.
    pub crowded_days: u32,
}

/// A journal entry.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownEntry {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Moment,
    /// The [name](crate::event::EventKind::name) of the event.
    pub event: String,
    /// What to say: the event in words, or its name.
    pub text: String,
    /// The operator who did it, if one did.
    pub operator: Option<String>,
}

models!(AccountPage);

const ENTRIES: u32 = 50;

impl ShownSigns {
    /// What might show that several people share the account, in a sentence.
    fn words(&self, page: &Page) -> String {
        let mut values = FluentArgs::new();
        values.set("devices", self.devices_in_an_hour);
        values.set("places", self.places_at_once);
        values.set("hours", self.crowded_hours);
        values.set("days", self.crowded_days);
        page.texts.with("account-signs", &values)
    }
}

impl From<SharingSigns> for ShownSigns {
    fn from(signs: SharingSigns) -> Self {
        let SharingSigns { devices_in_an_hour, places_at_once, crowded_hours, crowded_days, .. } = signs;
        Self { devices_in_an_hour, places_at_once, crowded_hours, crowded_days }
    }
}

fn entry_shown(entry: &JournalEntry, texts: &Texts) -> ShownEntry {
    ShownEntry {
        seq: entry.seq,
        at: Moment::new(entry.at, texts),
        event: entry.event.to_string(),
        text: text_of(&entry.event).map_or_else(|| entry.event.to_string(), |name| texts.get(name)),
        operator: entry.operator.as_ref().map(ToString::to_string),
    }
}

/// The entries, and whether they could not be read: the rest of the page is worth more than an error in its place.
async fn journal(desk: &Desk, user: &UserId) -> (Option<Vec<ShownEntry>>, bool) {
    let browser = &desk.member.browser;
    let Some(journal) = &browser.pages.shared.hooks.journal else { return (None, false) };
    match journal.latest(user, None, ENTRIES).await {
        Ok(entries) => {
            let shown = entries.iter().map(|entry| entry_shown(entry, &browser.reader.texts));
            (Some(shown.collect()), false)
        }
        Err(error) => {
            browser.auth().page_failed("latest", error);
            (None, true)
        }
    }
}

/// The page of that account.
pub(super) async fn page_of(desk: &Desk, user: &UserId, page: Page) -> Result<AccountPage, Box<dyn AuthError>> {
    let operator = desk.operators().map(|operators| &operators.operator);
    let Ok(operator) = operator else { return Err(Box::new(crate::error::OperatorError::UnknownUser)) };
    let overview = operator.overview(user).await.map_err(boxed)?;
    let sessions = operator.sessions(user).await.map_err(boxed)?;
    let signs = operator.sharing_signs(user).await.map_err(boxed)?.into();
    let account = ShownAccount::new(desk, overview);
    let (journal, journal_failed) = journal(desk, user).await;
    let texts = &desk.member.browser.reader.texts;
    Ok(AccountPage {
        page,
        actions: Action::open_for(&account).map(|action| action.shown(texts)).collect(),
        account,
        sessions: sessions.iter().map(|session| session_shown(session, texts)).collect(),
        signs,
        journal,
        journal_failed,
    })
}

fn boxed(error: crate::error::OperatorError) -> Box<dyn AuthError> {
    Box::new(error)
}

pub(super) async fn show(mut desk: Desk) -> Result<Answer, Sorry> {
    let user = desk.user()?;
    let page = desk.member.page("account-title");
    match page_of(&desk, &user, page).await {
        Ok(shown) => Ok(desk.member.browser.show(&shown)),
        Err(error) => Err(desk.member.browser.sorry(&*error, "")),
    }
}
