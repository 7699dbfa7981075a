//! Asks once before something is done to an account, and says what it does.

use askama::Template;
use serde::Serialize;

use super::acting::Acting;
use super::action::Action;
use super::shown::{ShownAccount, query};
use crate::account::UserOverview;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::call::Call;
use crate::pages::model::models;
use crate::pages::page::Page;

/// `/accounts/deactivate?user=…` and its like: what is about to be done, and a button.
#[derive(Debug, Serialize, Template)]
#[template(path = "account_action.html")]
#[non_exhaustive]
pub struct AccountActionPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The account.
    pub account: ShownAccount,
    /// Where the form is sent, below the base path.
    pub path: &'static str,
    /// What it does.
    pub effect: String,
    /// Whether it takes something away.
    pub danger: bool,
    /// Whether the form asks for a `reason`.
    pub asks_for_a_reason: bool,
    /// The reason, as it was typed.
    pub reason: String,
}

models!(AccountActionPage);

fn action_page(acting: &Acting, action: Action, page: Page, account: &UserOverview, reason: &str) -> AccountActionPage {
    let texts = &acting.browser().reader.texts;
    AccountActionPage {
        account: ShownAccount::new(account, acting.is(&account.id), texts),
        path: action.route().path(),
        effect: texts.get(action.effect()),
        danger: action.is_dangerous(),
        asks_for_a_reason: action.asks_for_a_reason(),
        reason: reason.to_owned(),
        page,
    }
}

/// The page itself, for the way back from a proof.
fn below(action: Action, user: &str) -> String {
    format!("{}?{}", action.route().path(), query(user))
}

pub(super) async fn show(action: Action, call: Call) -> Result<Answer, Sorry> {
    let Call { browser, query, operator, .. } = call;
    let user = query.get("user");
    let mut acting = Acting::of(browser, operator, &below(action, user)).await?;
    // Reloaded after its form was sent.
    if user.is_empty() {
        return Ok(acting.member.browser.go("/accounts"));
    }
    let account = acting.account(user).await?;
    let page = acting.page(action.title());
    let shown = action_page(&acting, action, page, &account, "");
    Ok(acting.member.browser.show(&shown))
}

pub(super) async fn submit(action: Action, call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, operator, .. } = call;
    let user = form.get("user");
    let mut acting = Acting::of(browser, operator, &below(action, user)).await?;
    let account = acting.account(user).await?;
    let reason = form.get("reason").trim();
    let (field, done) = if action.is_for_others_only() && acting.is(&account.id) {
        ("", Err(acting.browser().invalid(422, "own_account")))
    } else if action.asks_for_a_reason() && reason.is_empty() {
        ("reason", Err(acting.browser().invalid(422, "reason_missing")))
    } else {
        ("", action.run(&acting, &account, reason).await)
    };
    match done {
        Ok(()) => {
            let path = format!("/accounts/account?{}", query(user));
            Ok(acting.member.browser.saying(action.done()).go(&path))
        }
        Err(refusal) => {
            let page = acting.page(action.title()).refused(field, &refusal);
            let shown = action_page(&acting, action, page, &account, reason);
            Ok(acting.member.browser.refuse(&refusal, field, &shown))
        }
    }
}
