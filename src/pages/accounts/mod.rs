//! Accounts, for operators. They never see or choose a password.

mod account;
mod action;
mod list;
mod provision;

pub use account::{AccountPage, ShownAccount, ShownEntry, ShownSigns};
pub use action::{AccountActionPage, ShownAction};
pub use list::AccountsPage;
pub use provision::ProvisionPage;

use action::Action;

use super::answer::{Answer, Sorry};
use super::call::Call;
use super::fields::Fields;
use super::hooks::Operators;
use super::member::Member;
use super::routes::{Route, Verb};
use crate::auth::Operator;
use crate::types::UserId;

/// A request of an operator.
struct Desk {
    member: Member,
    query: Fields,
    form: Fields,
}

/// Whoever asks is an operator: that was decided before anything of the request was read.
pub(super) async fn answer(route: Route, verb: Verb, call: Call) -> Result<Answer, Sorry> {
    let Call { browser, query, form, operator } = call;
    let signed_in = operator.ok_or(Sorry::NotFound)?;
    let desk = Desk { member: Member { browser, signed_in }, query, form };
    if let Some(action) = Action::of(route) {
        return match verb {
            Verb::Get => action::ask(desk, action).await,
            Verb::Post => action::act(desk, action).await,
        };
    }
    match (route, verb) {
        (Route::AccountsFind, Verb::Post) => list::find(desk).await,
        (Route::AccountsProvision, Verb::Get) => provision::show(desk).await,
        (Route::AccountsProvision, Verb::Post) => provision::submit(desk).await,
        (Route::Account, _) => account::show(desk).await,
        _ => list::show(desk).await,
    }
}

impl Desk {
    fn operators(&self) -> Result<&Operators, Sorry> {
        self.member.browser.pages.shared.hooks.operators.as_ref().ok_or(Sorry::NotFound)
    }

    /// Acts in the name of whoever is signed in.
    fn operator(&self) -> Result<Operator, Sorry> {
        Ok(self.operators()?.operator.on_behalf_of(self.member.signed_in.user_id()))
    }

    /// The account that the request names.
    fn user(&self) -> Result<UserId, Sorry> {
        let named = self.form.find("user").unwrap_or_else(|| self.query.get("user"));
        UserId::parse(named).map_err(|_| Sorry::NotFound)
    }

    /// Whatever changes an account takes a fresh proof. Afterwards the operator continues at `below`.
    async fn proved(self, below: &str) -> Result<Self, Sorry> {
        match self.member.browser.auth().require_step_up(&self.member.signed_in).await {
            Ok(()) => Ok(self),
            Err(error) => Err(self.member.browser.sorry(&error, below)),
        }
    }
}

/// The page of an account, below the base path.
fn path_of(user: &UserId) -> String {
    at(Route::Account, user)
}

fn at(route: Route, user: &UserId) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("user", user.as_str()).finish();
    format!("{}?{query}", route.path())
}
