//! Registration: an address, a mail, and the page that its link opens. None of it exists where nobody may register.

mod confirm;
mod form;
mod hook;

pub(super) use confirm::address_of;
pub use confirm::{RegisterConfirmPage, RegisterFailedPage};
pub use form::{RegisterCheckPage, RegisterPage, RegisterSentPage};
pub use hook::{OwnFields, RegistrationForm, RegistrationRefusal};

use super::answer::{Answer, Sorry};
use super::call::Call;
use super::routes::{Route, Verb};

pub(super) async fn answer(route: Route, verb: Verb, call: Call) -> Result<Answer, Sorry> {
    match (route, verb) {
        (Route::RegisterConfirm, Verb::Get) => confirm::show(call).await,
        (Route::RegisterConfirm, Verb::Post) => confirm::submit(call).await,
        (Route::RegisterSent, _) => form::sent(call).await,
        (_, Verb::Get) => form::show(call).await,
        (Route::RegisterSend, _) => form::send(call).await,
        (Route::RegisterChange, _) => form::change(call).await,
        _ => form::check(call).await,
    }
}
