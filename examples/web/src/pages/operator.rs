//! What an operator does. An operator never sees or picks a password.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use doorward::{Auth, Email, Failure, Refusal, UserDirectory, UserId, UserRepository, UserStatus};
use serde::Deserialize;

use super::moment;
use crate::app::App;
use crate::member::Member;
use crate::notice::Notice;
use crate::page::{Page, html};
use crate::sorry::{Sorry, refused};

/// This page has no second one: a list of everybody wants a search anyway.
const AT_MOST: u32 = 50;

#[derive(Template)]
#[template(path = "operator.html")]
struct OperatorPage<'a> {
    page: Page,
    email: &'a str,
    users: Vec<UserShown>,
}

struct UserShown {
    id: String,
    email: String,
    active: bool,
    has_password: bool,
    last_sign_in: Option<String>,
}

#[derive(Deserialize)]
pub struct ProvisionForm {
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
pub struct ActionForm {
    #[serde(default)]
    user: String,
    #[serde(default)]
    reason: String,
}

/// To everybody else there is no such page.
fn only_operators(member: &Member) -> Result<(), Sorry> {
    if member.profile.operator { Ok(()) } else { Err(Sorry::NotFound) }
}

async fn operator_page<'a>(app: &App, page: Page, email: &'a str) -> Result<OperatorPage<'a>, Sorry> {
    let mut users = app.store.list(UserStatus::Active, None, AT_MOST).await?;
    users.append(&mut app.store.list(UserStatus::Deactivated, None, AT_MOST).await?);
    users.sort_by(|a, b| a.email.canonical().cmp(b.email.canonical()));
    let users = users.into_iter().map(|user| UserShown {
        id: user.id.to_string(),
        email: user.email.as_typed().to_owned(),
        active: user.status == UserStatus::Active,
        has_password: user.has_password,
        last_sign_in: user.last_sign_in_at.map(moment),
    });
    Ok(OperatorPage { page, email, users: users.collect() })
}

fn told<T, E: Failure>(auth: &Auth, outcome: Result<T, E>) -> Result<(), Refusal> {
    outcome.map(drop).map_err(|error| auth.refusal(&error))
}

pub async fn show(State(app): State<App>, mut member: Member) -> Result<Response, Sorry> {
    only_operators(&member)?;
    let page = member.page("Accounts");
    let shown = operator_page(&app, page, "").await?;
    Ok(member.browser.show(&shown))
}

pub async fn provision(
    State(app): State<App>,
    mut member: Member,
    Form(form): Form<ProvisionForm>,
) -> Result<Response, Sorry> {
    only_operators(&member)?;
    let Ok(email) = Email::from_input(&form.email) else {
        let page = member.page("Accounts").problem("email", "Please enter one complete email address.");
        let page = html(&operator_page(&app, page, &form.email).await?);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    match app.auth.provision(email).await {
        Ok(_) => Ok(member.browser.saying(Notice::Opened).go("/operator")),
        Err(error) => {
            let refusal = app.auth.refusal(&error);
            let page = member.page("Accounts").refused("email", &refusal);
            Ok(refused(&refusal, html(&operator_page(&app, page, &form.email).await?)))
        }
    }
}

pub async fn act(
    State(app): State<App>,
    Path(action): Path<String>,
    mut member: Member,
    Form(form): Form<ActionForm>,
) -> Result<Response, Sorry> {
    only_operators(&member)?;
    let user = UserId::parse(&form.user).map_err(|_| Sorry::NotFound)?;
    let auth = &app.auth;
    let (done, notice): (Result<(), Refusal>, _) = match action.as_str() {
        "resend" => (told(auth, auth.resend_welcome(&user).await), Notice::Resent),
        "deactivate" => (told(auth, auth.deactivate(&user).await), Notice::Deactivated),
        "reactivate" => (told(auth, auth.reactivate(&user).await), Notice::Reactivated),
        "require-change" => (told(auth, auth.require_password_change(&user).await), Notice::ChangeRequired),
        "start-reset" => {
            let found = app.store.find_by_id(&user).await?.ok_or(Sorry::NotFound)?;
            (told(auth, auth.request_reset(found.email()).await), Notice::ResetStarted)
        }
        "reset-second-factor" if form.reason.trim().is_empty() => {
            let page = member.page("Accounts").problem("", "Please say how you made sure who it is.");
            let page = html(&operator_page(&app, page, "").await?);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        "reset-second-factor" => {
            (told(auth, auth.reset_second_factor(&user, form.reason.trim()).await), Notice::FactorReset)
        }
        _ => return Err(Sorry::NotFound),
    };
    match done {
        Ok(()) => Ok(member.browser.saying(notice).go("/operator")),
        Err(refusal) => {
            let page = member.page("Accounts").refused("", &refusal);
            Ok(refused(&refusal, html(&operator_page(&app, page, "").await?)))
        }
    }
}
