//! What each page shows, as data: for [renderings of your own](super::Look::page), and as JSON.
//!
//! Every type has the [`Page`] around its content. As JSON a page is the object of its other fields, as `Accept: application/json`
//! gets it.

pub use super::activity::{RecentActivity, ShownActivity};
pub use super::authenticator::{AuthenticatorOfferPage, AuthenticatorPage, AuthenticatorSecret, RecoveryCodesPage};
pub use super::choose_password::ChoosePasswordPage;
pub use super::confirm::ConfirmPage;
pub use super::email::{EmailConfirmPage, EmailFailedPage, EmailUndoPage, EmailUndonePage};
pub use super::error_page::ErrorPage;
pub use super::forgot::{ForgotCheckPage, ForgotPage, ForgotSentPage};
pub use super::moment::Moment;
pub use super::onboarding::ShownSteps;
pub use super::page::{Page, Problem, ShownRule, Wait};
pub use super::page_model::PageModel;
pub use super::registration::{
    RegisterCheckPage, RegisterConfirmPage, RegisterFailedPage, RegisterPage, RegisterSentPage,
};
pub use super::reset::{ResetConfirmPage, ResetDonePage};
pub use super::reset_link::ResetFailedPage;
pub use super::reset_password::ResetPasswordPage;
pub use super::second_step::SecondStepPage;
pub use super::security::{SecurityPage, ShownAuthenticator, ShownDevice, ShownSession};
pub use super::sign_in::{SignInPage, SignOutPage};
pub use super::welcome::AllSetPage;

/// What the pages of leaving show: the deletion of an account, and what undoes it.
pub mod leaving {
    pub use super::super::leaving::{
        DeletePage, DeletedPage, UndoDeletionFailedPage, UndoDeletionPage, UndoneDeletionPage,
    };
}

/// What the pages of operators show.
pub mod accounts {
    pub use super::super::accounts::{
        AccountActionPage, AccountPage, AccountsPage, ProvisionPage, ShownAccount, ShownAction, ShownEntry, ShownSigns,
    };
}
