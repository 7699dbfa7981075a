//! One account: its state, what can be done with it, its sessions and its journal.

use askama::Template;
use serde::Serialize;

use super::acting::Acting;
use super::action::Action;
use super::entries::{self, AccountJournal};
use super::shown::{ShownAccount, ShownSigns, query};
use crate::error::{ErrorResponse, OperatorError};
use crate::pages::answer::{Answer, Sorry};
use crate::pages::call::Call;
use crate::pages::model::models;
use crate::pages::page::Page;
use crate::pages::security::{ShownSession, session_shown};

/// `/accounts/account?user=…`: one account.
#[derive(Debug, Serialize, Template)]
#[template(path = "account.html")]
#[non_exhaustive]
pub struct AccountPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The account.
    pub account: ShownAccount,
    /// What the operator can do with it now.
    pub actions: Vec<ShownAction>,
    /// Where its user is signed in, the most recently used first.
    pub sessions: Vec<ShownSession>,
    /// Signs that several people share it.
    pub signs: ShownSigns,
    /// What happened to it, where the host keeps a [journal](super::super::PagesBuilder::activity).
    pub journal: Option<AccountJournal>,
}

/// What an operator can do.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownAction {
    /// Its page and its form, below the base path.
    pub path: &'static str,
    /// What the link says.
    pub text: String,
    /// Whether it takes something away.
    pub danger: bool,
}

models!(AccountPage);

async fn account_page(acting: &Acting, page: Page, user: &str, before: Option<u64>) -> Result<AccountPage, Sorry> {
    let account = acting.account(user).await?;
    let (browser, this) = (acting.browser(), acting.is(&account.id));
    let texts = &browser.reader.texts;
    let sorry = |error: OperatorError| browser.clone().sorry(&error, "");
    let sessions = acting.operator.sessions(&account.id).await.map_err(sorry)?;
    let signs = acting.operator.sharing_signs(&account.id).await.map_err(sorry)?.into();
    let offered = Action::ALL.into_iter().filter(|action| action.is_offered(&account, this));
    let action = |action: Action| ShownAction {
        path: action.route().path(),
        text: texts.get(action.title()),
        danger: action.is_dangerous(),
    };
    Ok(AccountPage {
        page: Page { title: account.email.as_typed().to_owned(), ..page },
        actions: offered.map(action).collect(),
        sessions: sessions.iter().map(|session| session_shown(session, texts)).collect(),
        signs,
        journal: entries::journal(acting, &account.id, before).await,
        account: ShownAccount::new(&account, this, texts),
    })
}

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, query: asked, operator, .. } = call;
    let user = asked.get("user");
    let mut acting = Acting::of(browser, operator, &format!("/accounts/account?{}", query(user))).await?;
    let page = acting.page("accounts-title");
    let shown = account_page(&acting, page, user, asked.get("before").parse().ok()).await?;
    Ok(acting.member.browser.show(&shown))
}

/// The account's page after something that failed half-way.
pub(super) async fn refuse(mut acting: Acting, refusal: &ErrorResponse, user: &str) -> Result<Answer, Sorry> {
    let page = acting.page("accounts-title").refused("", refusal);
    let shown = account_page(&acting, page, user, None).await?;
    Ok(acting.member.browser.refuse(refusal, "", &shown))
}
