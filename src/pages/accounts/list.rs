//! The accounts, a page at a time; finding one, and provisioning one.

use askama::Template;
use serde::Serialize;

use super::account;
use super::acting::Acting;
use super::shown::{ShownAccount, query};
use crate::account::UserStatus;
use crate::error::ProvisionError;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::call::Call;
use crate::pages::model::models;
use crate::pages::notice::Notice;
use crate::pages::page::Page;
use crate::types::{Email, UserId};

/// `/accounts`: the accounts, and forms to find one and to provision one.
#[derive(Debug, Serialize, Template)]
#[template(path = "accounts.html")]
#[non_exhaustive]
pub struct AccountsPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// Which accounts are listed.
    pub status: UserStatus,
    /// At most 50 of them.
    pub accounts: Vec<ShownAccount>,
    /// Where the next page begins: the value of `after` in its query.
    pub next: Option<String>,
    /// The address to provision, as it was typed.
    pub email: String,
    /// The address to find, as it was typed.
    pub find: String,
}

models!(AccountsPage);

const TITLE: &str = "accounts-title";
const PATH: &str = "/accounts";
const AT_ONCE: usize = 50;

/// `after` is the id of the last account of the page before.
async fn accounts_page(acting: &Acting, page: Page, status: UserStatus, after: &str) -> Result<AccountsPage, Sorry> {
    let before = match UserId::parse(after) {
        // An account that is gone: from the beginning.
        Ok(id) => acting.operator.overview(&id).await.ok(),
        Err(_) => None,
    };
    let one_more = u32::try_from(AT_ONCE + 1).unwrap_or(u32::MAX);
    let listed = acting.operators()?.directory.list(status, before.as_ref(), one_more).await;
    let browser = acting.browser();
    let mut listed = match listed {
        Ok(listed) => listed,
        Err(error) => return Err(browser.clone().sorry(&browser.auth().page_failed("list", error), "")),
    };
    let is_cut = listed.len() > AT_ONCE;
    listed.truncate(AT_ONCE);
    let next = listed.last().filter(|_| is_cut).map(|last| last.id.to_string());
    // Ids are random: within a page people look for addresses.
    listed.sort_by(|one, other| one.email.canonical().cmp(other.email.canonical()));
    let texts = &browser.reader.texts;
    let accounts = listed.iter().map(|it| ShownAccount::new(it, acting.is(&it.id), texts)).collect();
    Ok(AccountsPage { page, status, accounts, next, email: String::new(), find: String::new() })
}

impl AccountsPage {
    fn lists_active(&self) -> bool {
        self.status == UserStatus::Active
    }

    /// What the link to the next page says.
    fn next_query(&self) -> Option<String> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let next = self.next.as_ref()?;
        Some(query.append_pair("status", self.status.as_str()).append_pair("after", next).finish())
    }
}

pub(super) async fn show(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, query, operator, .. } = call;
    let mut acting = Acting::of(browser, operator, PATH).await?;
    let status = match query.get("status") {
        "deactivated" => UserStatus::Deactivated,
        _ => UserStatus::Active,
    };
    let page = acting.page(TITLE);
    let shown = accounts_page(&acting, page, status, query.get("after")).await?;
    Ok(acting.member.browser.show(&shown))
}

/// By a form, and then by the id: addresses stay out of histories and access logs.
pub(super) async fn find(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, operator, .. } = call;
    let mut acting = Acting::of(browser, operator, PATH).await?;
    let find = form.get("find");
    let found = match Email::from_input(find) {
        Ok(email) => match acting.operator.find_by_email(&email).await {
            Ok(found) => found,
            Err(error) => return Err(acting.member.browser.sorry(&error, "")),
        },
        Err(_) => None,
    };
    if let Some(user) = found {
        return Ok(acting.member.browser.go(&format!("/accounts/account?{}", query(user.as_str()))));
    }
    let refusal = acting.browser().invalid(422, "account_unknown");
    let page = acting.page(TITLE).refused("find", &refusal);
    let shown = accounts_page(&acting, page, UserStatus::Active, "").await?;
    Ok(acting.member.browser.refuse(&refusal, "find", &AccountsPage { find: find.to_owned(), ..shown }))
}

pub(super) async fn provision(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, operator, .. } = call;
    let mut acting = Acting::of(browser, operator, PATH).await?;
    let typed = form.get("email");
    let refusal = match Email::from_input(typed) {
        Ok(email) => match acting.operator.provision(email).await {
            Ok(provisioned) => {
                let path = format!("/accounts/account?{}", query(provisioned.user_id.as_str()));
                return Ok(acting.member.browser.saying(Notice::AccountProvisioned).go(&path));
            }
            // The account is there: its page offers to send the mail again.
            Err(error @ ProvisionError::MailFailed { .. }) => {
                let ProvisionError::MailFailed { user_id, .. } = &error else { return Err(Sorry::Internal) };
                let (refusal, user) = (acting.browser().auth().error_response(&error), user_id.to_string());
                return account::refuse(acting, &refusal, &user).await;
            }
            Err(error) => acting.browser().auth().error_response(&error),
        },
        Err(_) => acting.browser().invalid(422, "email_malformed"),
    };
    let page = acting.page(TITLE).refused("email", &refusal);
    let shown = accounts_page(&acting, page, UserStatus::Active, "").await?;
    Ok(acting.member.browser.refuse(&refusal, "email", &AccountsPage { email: typed.to_owned(), ..shown }))
}
