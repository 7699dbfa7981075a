use askama::Template;
use serde::Serialize;

use super::desk::{Desk, path_of};
use super::shown::ShownAccount;
use crate::account::UserStatus;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::page::Page;
use crate::pages::page_model::models;
use crate::types::{Email, UserId};

/// `/accounts`: the accounts, page by page.
#[derive(Debug, Serialize, Template)]
#[template(path = "accounts.html")]
#[non_exhaustive]
pub struct AccountsPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// In the form that finds one.
    pub email: String,
    /// Whether these are the deactivated ones.
    pub deactivated: bool,
    /// The accounts.
    pub accounts: Vec<ShownAccount>,
    /// The last of them, if there are more: `?after=` continues there.
    pub after: Option<String>,
}

models!(AccountsPage);

const TITLE: &str = "accounts-title";
const AT_ONCE: u32 = 50;

async fn accounts(desk: &Desk, page: Page, email: &str) -> Result<AccountsPage, Sorry> {
    let (browser, operators) = (&desk.member.browser, desk.operators()?);
    let deactivated = desk.query.has("deactivated");
    let status = if deactivated { UserStatus::Deactivated } else { UserStatus::Active };
    let after = match desk.query.find("after").and_then(|id| UserId::parse(id).ok()) {
        // An account that is gone, or has another status by now, has no place in the list: it begins anew.
        Some(id) => operators.operator.overview(&id).await.ok().filter(|overview| overview.status == status),
        None => None,
    };
    // One more than is shown tells whether there are more.
    let listed = operators.directory.list(status, after.as_ref(), AT_ONCE + 1).await;
    let mut listed = listed.map_err(|error| browser.clone().sorry(&browser.auth().page_failed("list", error), ""))?;
    let more = listed.len() > AT_ONCE as usize;
    listed.truncate(AT_ONCE as usize);
    let after = listed.last().filter(|_| more).map(|last| last.id.to_string());
    let accounts = listed.into_iter().map(|overview| ShownAccount::new(desk, overview)).collect();
    Ok(AccountsPage { page, email: email.to_owned(), deactivated, accounts, after })
}

pub(super) async fn show(mut desk: Desk) -> Result<Answer, Sorry> {
    let page = desk.member.page(TITLE);
    let shown = accounts(&desk, page, "").await?;
    Ok(desk.member.browser.show(&shown))
}

/// By a POST: addresses do not belong into logs.
pub(super) async fn find(mut desk: Desk) -> Result<Answer, Sorry> {
    let typed = desk.form.get("email").to_owned();
    let found = match Email::from_input(&typed) {
        Ok(email) => desk.operators()?.operator.find_by_email(&email).await,
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some(user)) => Ok(desk.member.browser.go(&path_of(&user))),
        Ok(None) => {
            let refusal = desk.member.browser.invalid(404, "account_unknown");
            let page = desk.member.page(TITLE).refused("email", &refusal);
            let shown = accounts(&desk, page, &typed).await?;
            Ok(desk.member.browser.refuse(&refusal, "email", &shown))
        }
        Err(error) => Err(desk.member.browser.sorry(&error, "")),
    }
}
