//! What each page shows, as data: for [renderings of your own](super::Look::page), and as JSON.
//!
//! Every type has the [`Page`] around its content. As JSON a page is the object of its other fields, as `Accept: application/json`
//! gets it.

use serde::Serialize;

pub use super::authenticator::{AuthenticatorOfferPage, AuthenticatorPage, AuthenticatorSecret, RecoveryCodesPage};
pub use super::choose_password::ChoosePasswordPage;
pub use super::confirm::ConfirmPage;
pub use super::error_page::ErrorPage;
pub use super::forgot::{ForgotCheckPage, ForgotPage, ForgotSentPage};
pub use super::moment::Moment;
pub use super::page::{Page, Problem, ShownRule, Wait};
pub use super::reset::{ResetConfirmPage, ResetDonePage, ResetFailedPage};
pub use super::second_step::SecondStepPage;
pub use super::security::{SecurityPage, ShownAuthenticator, ShownDevice, ShownSession};
pub use super::sign_in::{SignInPage, SignOutPage};

/// The data of a page. Only this crate implements it.
pub trait PageModel: Serialize + sealed::Sealed + Send + Sync + 'static {
    /// What is around the content.
    fn page(&self) -> &Page;
}

pub(in crate::pages) mod sealed {
    pub trait Sealed {}
}

/// Declares the data of pages, which have a field `page`.
macro_rules! models {
    ($($model:ident),+) => {
        $(
            impl $crate::pages::model::sealed::Sealed for $model {}
            impl $crate::pages::model::PageModel for $model {
                fn page(&self) -> &$crate::pages::model::Page {
                    &self.page
                }
            }
        )+
    };
}
pub(super) use models;
