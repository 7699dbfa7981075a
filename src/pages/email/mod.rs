//! Another address for an account: asked for in the settings, confirmed and taken back by mailed links.

mod confirm;
mod failed;
mod request;
mod undo;

pub use confirm::EmailConfirmPage;
pub use failed::EmailFailedPage;
pub use undo::{EmailUndoPage, EmailUndonePage};

use super::answer::{Answer, Sorry};
use super::call::Call;
use super::routes::{Route, Verb};
use super::security;

pub(super) async fn answer(route: Route, verb: Verb, call: Call) -> Result<Answer, Sorry> {
    match (route, verb) {
        (Route::EmailConfirm, Verb::Get) => confirm::show(call).await,
        (Route::EmailConfirm, Verb::Post) => confirm::submit(call).await,
        (Route::EmailUndo, Verb::Get) => undo::show(call).await,
        (Route::EmailUndo, Verb::Post) => undo::submit(call).await,
        (Route::EmailUndone, _) => undo::done(call).await,
        (_, Verb::Get) => security::show(call).await,
        (_, Verb::Post) => request::submit(call).await,
    }
}
