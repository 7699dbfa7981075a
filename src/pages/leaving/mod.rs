//! Leaving: a copy of what is stored, the deletion of the own account, and the mailed link that undoes it.

mod delete;
mod export;
mod undo;

pub use delete::{DeletePage, DeletedPage};
pub use undo::{UndoDeletionFailedPage, UndoDeletionPage, UndoneDeletionPage};

use super::answer::{Answer, Sorry};
use super::call::Call;
use super::routes::{Route, Verb};
use super::security;

pub(super) async fn answer(route: Route, verb: Verb, call: Call) -> Result<Answer, Sorry> {
    match (route, verb) {
        (Route::SecurityExport, Verb::Post) => export::submit(call).await,
        (Route::SecurityDelete, Verb::Get) => delete::show(call).await,
        (Route::SecurityDelete, Verb::Post) => delete::submit(call).await,
        (Route::SecurityDeleted, _) => delete::done(call).await,
        (Route::LeavingUndo, Verb::Get) => undo::show(call).await,
        (Route::LeavingUndo, Verb::Post) => undo::submit(call).await,
        (Route::LeavingUndone, _) => undo::done(call).await,
        _ => security::show(call).await,
    }
}
