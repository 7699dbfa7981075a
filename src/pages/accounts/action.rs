use askama::Template;
use serde::Serialize;

use super::desk::{Desk, at, path_of};
use super::shown::ShownAccount;
use crate::auth::ResetRequest;
use crate::error::{AuthError, ChangeEmailError, ErrorResponse, OperatorError};
use crate::pages::answer::{Answer, Sorry};
use crate::pages::catalogue::Texts;
use crate::pages::notice::Notice;
use crate::pages::page::Page;
use crate::pages::page_model::models;
use crate::pages::routes::Route;
use crate::types::{Email, UserId};

/// What an operator does about an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    Resend,
    StartReset,
    ChangeEmail,
    RequireChange,
    MarkCompromised,
    SignOut,
    ResetSecondFactor,
    Deactivate,
    Reactivate,
}

/// Before an action: what it does, and a button.
#[derive(Debug, Serialize, Template)]
#[template(path = "account_action.html")]
#[non_exhaustive]
pub struct AccountActionPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
    /// The account.
    pub account: ShownAccount,
    /// What is to be done.
    pub action: ShownAction,
    /// The reason, as it was typed.
    pub reason: String,
    /// Another address, as it was typed.
    #[serde(skip)]
    pub new_email: String,
}

/// What an operator can do.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownAction {
    /// Where its form is, and is sent to: a path below the base path.
    pub path: &'static str,
    /// Its button.
    pub name: String,
    /// What it does.
    pub text: String,
    /// Whether it takes the field `reason`.
    pub takes_reason: bool,
    /// Whether it takes the field `email`.
    pub takes_email: bool,
    /// Whether it takes something away.
    pub is_drastic: bool,
}

models!(AccountActionPage);

/// What may be wrong with another address.
const OF_THE_ADDRESS: [&str; 3] = ["email_malformed", "same_email", "email_taken"];

impl Action {
    const ALL: [Self; 9] = [
        Self::Resend,
        Self::StartReset,
        Self::ChangeEmail,
        Self::RequireChange,
        Self::MarkCompromised,
        Self::SignOut,
        Self::ResetSecondFactor,
        Self::Deactivate,
        Self::Reactivate,
    ];

    fn route(self) -> Route {
        match self {
            Self::Resend => Route::AccountResend,
            Self::StartReset => Route::AccountStartReset,
            Self::ChangeEmail => Route::AccountChangeEmail,
            Self::RequireChange => Route::AccountRequireChange,
            Self::MarkCompromised => Route::AccountMarkCompromised,
            Self::SignOut => Route::AccountSignOut,
            Self::ResetSecondFactor => Route::AccountResetSecondFactor,
            Self::Deactivate => Route::AccountDeactivate,
            Self::Reactivate => Route::AccountReactivate,
        }
    }

    pub(super) fn of(route: Route) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.route() == route)
    }

    /// Those that make sense for this account. Operators cannot lock themselves out: there may be nobody to undo it.
    pub(super) fn open_for(account: &ShownAccount) -> impl Iterator<Item = Self> {
        let (active, with_password, this) = (account.active, account.has_password, account.this);
        let (factor, is_leaving) = (account.has_second_factor, account.deletion_due.is_some());
        // One that was marked as compromised has no password either; a first password is not for its user.
        let is_new = !with_password && account.last_sign_in.is_none();
        Self::ALL.into_iter().filter(move |action| match action {
            Self::Resend => active && is_new,
            Self::StartReset => active && !is_new,
            Self::RequireChange | Self::MarkCompromised => active && with_password,
            Self::SignOut => active,
            Self::ResetSecondFactor => factor && !this,
            Self::ChangeEmail => active && !this,
            // It calls a deletion off, and keeps the account closed.
            Self::Deactivate => (active || is_leaving) && !this,
            Self::Reactivate => !active,
        })
    }

    /// Whether an operator may not do it to their own account.
    fn is_for_others(self) -> bool {
        matches!(self, Self::ChangeEmail | Self::ResetSecondFactor | Self::Deactivate)
    }

    /// The names of its button and of what it does.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Resend => ("account-resend", "account-resend-text"),
            Self::StartReset => ("account-start-reset", "account-start-reset-text"),
            Self::ChangeEmail => ("account-change-email", "account-change-email-text"),
            Self::RequireChange => ("account-require-change", "account-require-change-text"),
            Self::MarkCompromised => ("account-mark-compromised", "account-mark-compromised-text"),
            Self::SignOut => ("account-sign-out", "account-sign-out-text"),
            Self::ResetSecondFactor => ("account-reset-factor", "account-reset-factor-text"),
            Self::Deactivate => ("account-deactivate", "account-deactivate-text"),
            Self::Reactivate => ("account-reactivate", "account-reactivate-text"),
        }
    }

    fn notice(self) -> Notice {
        match self {
            Self::Resend => Notice::WelcomeResent,
            Self::StartReset => Notice::ResetStarted,
            Self::ChangeEmail => Notice::AccountEmailChanged,
            Self::RequireChange => Notice::ChangeRequired,
            Self::MarkCompromised => Notice::MarkedCompromised,
            Self::SignOut => Notice::AccountSignedOut,
            Self::ResetSecondFactor => Notice::SecondFactorReset,
            Self::Deactivate => Notice::AccountDeactivated,
            Self::Reactivate => Notice::AccountReactivated,
        }
    }

    pub(super) fn shown(self, texts: &Texts) -> ShownAction {
        let (name, text) = self.texts();
        ShownAction {
            path: self.route().path(),
            name: texts.get(name),
            text: texts.get(text),
            takes_reason: self == Self::ResetSecondFactor,
            takes_email: self == Self::ChangeEmail,
            is_drastic: matches!(
                self,
                Self::ChangeEmail | Self::MarkCompromised | Self::ResetSecondFactor | Self::Deactivate
            ),
        }
    }
}

async fn action_page(desk: &mut Desk, action: Action, user: &UserId) -> Result<AccountActionPage, Sorry> {
    let overview = match desk.operators()?.operator.overview(user).await {
        Ok(overview) => overview,
        Err(error) => return Err(desk.member.browser.clone().sorry(&error, "")),
    };
    let page = desk.member.page(action.texts().0);
    let account = ShownAccount::new(desk, overview);
    let (reason, new_email) = (desk.form.get("reason").to_owned(), desk.form.get("email").to_owned());
    let action = action.shown(&desk.member.browser.reader.texts);
    Ok(AccountActionPage { page, account, action, reason, new_email })
}

/// It asks once, and says what will happen.
pub(super) async fn ask(desk: Desk, action: Action) -> Result<Answer, Sorry> {
    let user = desk.user()?;
    let mut desk = desk.proved(&at(action.route(), &user)).await?;
    let shown = action_page(&mut desk, action, &user).await?;
    Ok(desk.member.browser.show(&shown))
}

pub(super) async fn act(desk: Desk, action: Action) -> Result<Answer, Sorry> {
    let user = desk.user()?;
    let mut desk = desk.proved(&at(action.route(), &user)).await?;
    let reason = desk.form.get("reason").trim().to_owned();
    let browser = &desk.member.browser;
    let problem = if action.is_for_others() && user == *desk.member.signed_in.user_id() {
        Some((browser.invalid(422, "own_account"), ""))
    } else if action == Action::ResetSecondFactor && reason.is_empty() {
        Some((browser.invalid(422, "reason_missing"), "reason"))
    } else {
        done(&desk, action, &user, &reason).await?.map(|refusal| {
            let field = if OF_THE_ADDRESS.contains(&refusal.code) { "email" } else { "" };
            (refusal, field)
        })
    };
    let Some((refusal, field)) = problem else {
        return Ok(desk.member.browser.saying(action.notice()).go(&path_of(&user)));
    };
    let mut shown = action_page(&mut desk, action, &user).await?;
    shown.page = shown.page.refused(field, &refusal);
    Ok(desk.member.browser.refuse(&refusal, field, &shown))
}

/// `None` once it is done, or why it is not.
async fn done(desk: &Desk, action: Action, user: &UserId, reason: &str) -> Result<Option<ErrorResponse>, Sorry> {
    let (operator, auth) = (desk.operator()?, desk.member.browser.auth());
    let refused = |error: &dyn AuthError| Some(auth.error_response(error));
    let changed = |done: Result<(), OperatorError>| done.err().and_then(|error| refused(&error));
    Ok(match action {
        Action::Resend => operator.resend_welcome(user).await.err().and_then(|error| refused(&error)),
        Action::StartReset => match operator.overview(user).await {
            Ok(account) => {
                // It takes a place of the operator's own client address, not of those who have none.
                let request = desk.member.browser.vouch_for_reset(ResetRequest::new(account.email));
                auth.request_reset(request).await.err().and_then(|error| refused(&error))
            }
            Err(error) => refused(&error),
        },
        Action::ChangeEmail => change_email(desk, user).await?,
        Action::RequireChange => changed(operator.require_password_change(user).await),
        Action::MarkCompromised => changed(operator.mark_compromised(user).await),
        Action::SignOut => changed(operator.sign_out_everywhere(user).await),
        Action::ResetSecondFactor => changed(operator.reset_second_factor(user, reason).await),
        Action::Deactivate => changed(operator.deactivate(user).await),
        Action::Reactivate => changed(operator.reactivate(user).await),
    })
}

/// Until its user has chosen a password, the first one is mailed to the right address.
async fn change_email(desk: &Desk, user: &UserId) -> Result<Option<ErrorResponse>, Sorry> {
    let (operator, browser) = (desk.operator()?, &desk.member.browser);
    let Ok(email) = Email::from_input(desk.form.get("email")) else {
        return Ok(Some(browser.invalid(422, "email_malformed")));
    };
    Ok(match operator.change_email(user, email.clone()).await {
        Ok(()) => None,
        Err(ChangeEmailError::NoPasswordChosen) => {
            operator.correct_email(user, email).await.err().map(|error| browser.auth().error_response(&error))
        }
        Err(error) => Some(browser.auth().error_response(&error)),
    })
}
