use askama::Template;
use serde::Serialize;

use super::desk::{Desk, path_of};
use crate::error::ProvisionError;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::notice::Notice;
use crate::pages::page::Page;
use crate::pages::page_model::models;
use crate::pages::routes::Route;
use crate::types::Email;

/// `/accounts/provision`: the address of a new account.
#[derive(Debug, Serialize, Template)]
#[template(path = "provision.html")]
#[non_exhaustive]
pub struct ProvisionPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The address, as it was typed; empty at first.
    pub email: String,
}

models!(ProvisionPage);

const TITLE: &str = "provision-title";

pub(super) async fn show(desk: Desk) -> Result<Answer, Sorry> {
    let mut desk = desk.proved(Route::AccountsProvision.path()).await?;
    let page = desk.member.page(TITLE);
    Ok(desk.member.browser.show(&ProvisionPage { page, email: String::new() }))
}

pub(super) async fn submit(desk: Desk) -> Result<Answer, Sorry> {
    let mut desk = desk.proved(Route::AccountsProvision.path()).await?;
    let typed = desk.form.get("email").to_owned();
    let refusal = match Email::from_input(&typed) {
        Ok(email) => match desk.operator()?.provision(email).await {
            Ok(provisioned) => {
                let path = path_of(&provisioned.user_id);
                return Ok(desk.member.browser.saying(Notice::AccountProvisioned).go(&path));
            }
            // The account exists: its page says that the mail is to be sent again.
            Err(ProvisionError::MailFailed { user_id, .. }) => {
                return Ok(desk.member.browser.saying(Notice::WelcomeNotMailed).go(&path_of(&user_id)));
            }
            Err(error) => desk.member.browser.auth().error_response(&error),
        },
        Err(_) => desk.member.browser.invalid(422, "email_malformed"),
    };
    let page = desk.member.page(TITLE).refused("email", &refusal);
    Ok(desk.member.browser.refuse(&refusal, "email", &ProvisionPage { page, email: typed }))
}
