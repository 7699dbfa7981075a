//! Accounts, for operators. They never see or choose a password.

mod account;
mod action;
mod desk;
mod list;
mod provision;
mod shown;

pub use account::{AccountPage, ShownEntry, ShownSigns};
pub use action::{AccountActionPage, ShownAction};
pub use list::AccountsPage;
pub use provision::ProvisionPage;
pub use shown::ShownAccount;

use action::Action;
use desk::Desk;

use super::answer::{Answer, Sorry};
use super::call::Call;
use super::member::Member;
use super::routes::{Route, Verb};

/// Whoever asks is an operator: that was decided before anything of the request was read.
pub(super) async fn answer(route: Route, verb: Verb, call: Call) -> Result<Answer, Sorry> {
    let Call { browser, query, form, operator, .. } = call;
    let signed_in = operator.ok_or(Sorry::NotFound)?;
    // Once more where something is sent: a body can be held back until long after the hook was asked.
    if verb == Verb::Post {
        match browser.pages.is_operator(&signed_in).await {
            Ok(true) => {}
            Ok(false) => return Err(Sorry::NotFound),
            Err(error) => return Err(browser.sorry(&error, "")),
        }
    }
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
