//! Operator actions. An operator never sees or chooses a password.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use doorward::account::{UserOverview, UserStatus};
use doorward::error::{ErrorResponse, OperatorError};
use doorward::session::{Session, SharingSigns};
use doorward::store::UserDirectory;
use doorward::{Auth, AuthError, Email, UserId, UserRepository};
use serde::Deserialize;

use super::{moment, proofs};
use crate::app::App;
use crate::forms::{Form, Query};
use crate::member::Operator;
use crate::notice::Notice;
use crate::page::Page;
use crate::sorry::Sorry;

const TITLE: &str = "Accounts";

/// The maximum shown per status. Others are found by address.
const AT_MOST: u32 = 50;

#[derive(Template)]
#[template(path = "operator.html")]
struct OperatorPage {
    page: Page,
    /// In the form that creates an account.
    email: String,
    /// In the form that finds one.
    find: String,
    cut: bool,
    users: Vec<UserShown>,
    /// Of the one account that was looked for.
    usage: Option<Usage>,
}

/// Where a user is signed in, and what might show that several people share the account.
struct Usage {
    sessions: Vec<String>,
    signs: SharingSigns,
}

struct UserShown {
    id: String,
    email: String,
    active: bool,
    has_password: bool,
    has_second_factor: bool,
    last_sign_in: Option<String>,
    /// The operator's own account. Operators cannot lock themselves out: there may be nobody to undo it.
    this: bool,
    /// The id of the reason field, and the problem with its content.
    reason: String,
    wrong: Option<String>,
}

#[derive(Deserialize)]
pub struct Find {
    #[serde(default)]
    find: String,
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

fn reason_field(user: &UserId) -> String {
    format!("reason-{user}")
}

/// All accounts up to the limit, or the one with that address. Also returns whether the list was cut.
async fn found(app: &App, find: &str) -> Result<(Vec<UserOverview>, bool), Sorry> {
    if !find.is_empty() {
        let user = match Email::from_input(find) {
            Ok(email) => match app.store.find_by_email(&email).await? {
                Some(head) => app.store.find_by_id(head.id()).await?,
                None => None,
            },
            Err(_) => None,
        };
        return Ok((user.iter().map(|user| user.overview()).collect(), false));
    }
    let mut users = app.store.list(UserStatus::Active, None, AT_MOST).await?;
    let mut others = app.store.list(UserStatus::Deactivated, None, AT_MOST).await?;
    let cut = [&users, &others].iter().any(|listed| listed.len() >= AT_MOST as usize);
    users.append(&mut others);
    users.sort_by(|a, b| a.email.canonical().cmp(b.email.canonical()));
    Ok((users, cut))
}

async fn operator_page(app: &App, me: &UserId, page: Page, find: &str) -> Result<OperatorPage, Sorry> {
    let (users, cut) = found(app, find).await?;
    let shown = |user: UserOverview| UserShown {
        wrong: page.wrong(&reason_field(&user.id)).map(str::to_owned),
        reason: reason_field(&user.id),
        this: user.id == *me,
        id: user.id.to_string(),
        email: user.email.as_typed().to_owned(),
        active: user.status == UserStatus::Active,
        has_password: user.has_password,
        has_second_factor: user.has_second_factor,
        last_sign_in: user.last_sign_in_at.map(moment),
    };
    let users: Vec<_> = users.into_iter().map(shown).collect();
    let usage = match &users[..] {
        [only] if !find.is_empty() => Some(usage(app, &only.id).await?),
        _ => None,
    };
    Ok(OperatorPage { page, email: String::new(), find: find.to_owned(), cut, users, usage })
}

async fn usage(app: &App, user: &str) -> Result<Usage, Sorry> {
    let refused = |error: OperatorError| Sorry::Refused(Box::new(app.auth.error_response(&error)));
    let user = UserId::parse(user).map_err(|_| Sorry::NotFound)?;
    let line = |session: Session| {
        let (proofs, label) = (proofs(&session), session.label.unwrap_or("A browser".into()));
        let (signed_in, last_seen) = (moment(session.signed_in_at), moment(session.last_seen_at));
        format!("{label}: signed in {signed_in} with {proofs}, last seen {last_seen}")
    };
    let sessions = app.operator.sessions(&user).await.map_err(refused)?.into_iter().map(line).collect();
    Ok(Usage { sessions, signs: app.operator.sharing_signs(&user).await.map_err(refused)? })
}

fn told<T, E: AuthError>(auth: &Auth, outcome: Result<T, E>) -> Result<(), ErrorResponse> {
    outcome.map(drop).map_err(|error| auth.error_response(&error))
}

pub async fn show(
    State(app): State<App>,
    Operator(mut member): Operator,
    Query(query): Query<Find>,
) -> Result<Response, Sorry> {
    let page = member.page(TITLE);
    let shown = operator_page(&app, member.signed_in.user_id(), page, &query.find).await?;
    Ok(member.browser.show(&shown))
}

pub async fn provision(
    State(app): State<App>,
    Operator(mut member): Operator,
    Form(form): Form<ProvisionForm>,
) -> Result<Response, Sorry> {
    let opened = match Email::from_input(&form.email) {
        Ok(email) => told(&app.auth, app.operator.provision(email).await),
        Err(error) => {
            let problem = match error.reason() {
                Some(reason) => format!("Mail cannot be sent to this address: {reason}."),
                None => "Please enter one complete email address.".to_owned(),
            };
            let page = member.page(TITLE).problem("email", problem);
            let shown = operator_page(&app, member.signed_in.user_id(), page, "").await?;
            let shown = OperatorPage { email: form.email, ..shown };
            return Ok(member.browser.show_as(StatusCode::UNPROCESSABLE_ENTITY, &shown));
        }
    };
    match opened {
        Ok(()) => Ok(member.browser.saying(Notice::Opened).go("/operator")),
        Err(refusal) => {
            let page = member.page(TITLE).refused("email", &refusal);
            let shown = operator_page(&app, member.signed_in.user_id(), page, "").await?;
            Ok(member.browser.refuse(&refusal, &OperatorPage { email: form.email, ..shown }))
        }
    }
}

pub async fn act(
    State(app): State<App>,
    Path(action): Path<String>,
    Operator(mut member): Operator,
    Form(form): Form<ActionForm>,
) -> Result<Response, Sorry> {
    let user = UserId::parse(&form.user).map_err(|_| Sorry::NotFound)?;
    let (auth, operator) = (&app.auth, &app.operator);
    let (me, reason) = (member.signed_in.user_id().clone(), form.reason.trim());
    let problem = match action.as_str() {
        "deactivate" | "reset-second-factor" if user == me => {
            Some((String::new(), "Please ask another operator to do this."))
        }
        "reset-second-factor" if reason.is_empty() => {
            Some((reason_field(&user), "Please say how you verified their identity."))
        }
        _ => None,
    };
    if let Some((field, words)) = problem {
        let page = member.page(TITLE).problem(&field, words);
        let shown = operator_page(&app, &me, page, "").await?;
        return Ok(member.browser.show_as(StatusCode::UNPROCESSABLE_ENTITY, &shown));
    }
    let (done, notice): (Result<(), ErrorResponse>, _) = match action.as_str() {
        "resend" => (told(auth, operator.resend_welcome(&user).await), Notice::Resent),
        "deactivate" => (told(auth, operator.deactivate(&user).await), Notice::Deactivated),
        "reactivate" => (told(auth, operator.reactivate(&user).await), Notice::Reactivated),
        "require-change" => (told(auth, operator.require_password_change(&user).await), Notice::ChangeRequired),
        "start-reset" => {
            let found = app.store.find_by_id(&user).await?.ok_or(Sorry::NotFound)?;
            (told(auth, auth.request_reset(found.email()).await), Notice::ResetStarted)
        }
        "reset-second-factor" => (told(auth, operator.reset_second_factor(&user, reason).await), Notice::FactorReset),
        _ => return Err(Sorry::NotFound),
    };
    match done {
        Ok(()) => Ok(member.browser.saying(notice).go("/operator")),
        Err(refusal) => {
            let page = member.page(TITLE).refused("", &refusal);
            let shown = operator_page(&app, &me, page, "").await?;
            Ok(member.browser.refuse(&refusal, &shown))
        }
    }
}
