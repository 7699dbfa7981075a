//! What a host decides for its pages.

use core::pin::Pin;
use std::sync::Arc;

use time::OffsetDateTime;

use super::error::PagesError;
use super::registration::{RegistrationForm, RegistrationRefusal};
use crate::auth::{Auth, Operator, SignedIn};
use crate::journal::Journal;
use crate::registration::RegistrationValue;
use crate::store::UserDirectory;
use crate::types::BackendError;

/// What a hook returns.
pub(super) type Asked<T> = Pin<Box<dyn Future<Output = Result<T, BackendError>> + Send>>;
/// Asked about whoever is signed in.
pub(super) type Ask<T> = dyn Fn(SignedIn) -> Asked<T> + Send + Sync;
/// Asked for lines of activity in a language.
pub(super) type AskLines = dyn Fn(SignedIn, String) -> Asked<Vec<(OffsetDateTime, String)>> + Send + Sync;
/// Asked about whoever wants to register.
pub(super) type AskToRegister = dyn Fn(RegistrationForm) -> Answered + Send + Sync;
type Answered = Pin<Box<dyn Future<Output = Result<Option<RegistrationValue>, RegistrationRefusal>> + Send>>;
pub(super) type Lead = dyn Fn(&SignedIn) -> Option<String> + Send + Sync;

/// The hooks that there are.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) operators: Option<Operators>,
    /// The path of the next open step of whoever has signed in.
    pub(super) onboarding: Option<Box<Ask<Option<String>>>>,
    /// The names of these steps.
    pub(super) steps: Vec<String>,
    pub(super) after_sign_in: Option<Box<Lead>>,
    pub(super) journal: Option<Arc<dyn Journal>>,
    pub(super) before_registration: Option<Box<AskToRegister>>,
    pub(super) activity_lines: Option<Box<AskLines>>,
}

/// What the pages of operators need.
pub(super) struct Operators {
    pub(super) operator: Operator,
    pub(super) directory: Arc<dyn UserDirectory>,
    pub(super) is_operator: Box<Ask<bool>>,
}

impl Hooks {
    /// `leads_to_welcome` says whether home is the welcome page.
    pub(super) fn check(&self, auth: &Auth, leads_to_welcome: bool) -> Result<(), PagesError> {
        if self.operators.as_ref().is_some_and(|operators| !operators.operator.is_of(auth)) {
            return Err(PagesError::new("operators", "has the Operator of another Auth"));
        }
        if self.onboarding.is_none() && !self.steps.is_empty() {
            return Err(PagesError::new("onboarding_steps", "names steps, and there is no onboarding"));
        }
        if self.onboarding.is_some() && leads_to_welcome {
            return Err(PagesError::new("home", "is the welcome page, which would lead to itself"));
        }
        Ok(())
    }
}
