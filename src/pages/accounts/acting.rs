use crate::account::UserOverview;
use crate::auth::{Operator, SignedIn};
use crate::error::OperatorError;
use crate::pages::answer::Sorry;
use crate::pages::browser::Browser;
use crate::pages::hooks::Operators;
use crate::pages::member::Member;
use crate::pages::page::Page;
use crate::types::UserId;

/// An operator who proved a moment ago who they are.
pub(super) struct Acting {
    pub(super) member: Member,
    /// Whose name is in the journal.
    pub(super) operator: Operator,
}

impl Acting {
    /// `below` is where a proof, or a sign-in, leads back to. What is asked for with a form has to be opened again then.
    pub(super) async fn of(browser: Browser, who: Option<SignedIn>, below: &str) -> Result<Self, Sorry> {
        let Some(signed_in) = who else {
            // The session may have come to life meanwhile; what it may do was not asked.
            return Err(Member::of(browser, below).await.err().unwrap_or(Sorry::NotFound));
        };
        if let Err(error) = browser.auth().require_step_up(&signed_in).await {
            return Err(browser.sorry(&error, below));
        }
        let operator = operators(&browser)?.operator.on_behalf_of(signed_in.user_id());
        Ok(Self { member: Member { browser, signed_in }, operator })
    }

    pub(super) fn browser(&self) -> &Browser {
        &self.member.browser
    }

    pub(super) fn operators(&self) -> Result<&Operators, Sorry> {
        operators(&self.member.browser)
    }

    pub(super) fn page(&mut self, title: &str) -> Page {
        self.member.page(title)
    }

    pub(super) fn is(&self, user: &UserId) -> bool {
        self.member.signed_in.user_id() == user
    }

    /// The account that a query or a form names.
    pub(super) async fn account(&self, id: &str) -> Result<UserOverview, Sorry> {
        let user = UserId::parse(id).map_err(|_| Sorry::NotFound)?;
        match self.operator.overview(&user).await {
            Ok(account) => Ok(account),
            Err(OperatorError::UnknownUser) => Err(Sorry::NotFound),
            Err(error) => Err(self.browser().clone().sorry(&error, "")),
        }
    }
}

fn operators(browser: &Browser) -> Result<&Operators, Sorry> {
    browser.pages.shared.hooks.operators.as_ref().ok_or(Sorry::NotFound)
}
