//! The pages of operators. An operator never sees or chooses a password.

mod account;
mod acting;
mod action;
mod action_page;
mod entries;
mod list;
mod shown;

pub use account::{AccountPage, ShownAction};
pub use action_page::AccountActionPage;
pub use entries::{AccountJournal, ShownEntry};
pub use list::AccountsPage;
pub use shown::{ShownAccount, ShownSigns};

use super::answer::{Answer, Sorry};
use super::call::Call;
use super::routes::{Route, Verb};
use action::Action;

pub(super) async fn answer(route: Route, verb: Verb, call: Call) -> Result<Answer, Sorry> {
    match (route, verb) {
        (Route::AccountsFind, Verb::Post) => list::find(call).await,
        (Route::AccountsProvision, Verb::Post) => list::provision(call).await,
        (Route::Accounts | Route::AccountsFind | Route::AccountsProvision, _) => list::show(call).await,
        (Route::Account, _) => account::show(call).await,
        _ => match (Action::of(route).ok_or(Sorry::NotFound)?, verb) {
            (action, Verb::Get) => action_page::show(action, call).await,
            (action, Verb::Post) => action_page::submit(action, call).await,
        },
    }
}
