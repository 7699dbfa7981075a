use crate::auth::Operator;
use crate::pages::answer::Sorry;
use crate::pages::fields::Fields;
use crate::pages::hooks::Operators;
use crate::pages::member::Member;
use crate::pages::routes::Route;
use crate::types::UserId;

/// A request of an operator.
pub(super) struct Desk {
    pub(super) member: Member,
    pub(super) query: Fields,
    pub(super) form: Fields,
}

impl Desk {
    pub(super) fn operators(&self) -> Result<&Operators, Sorry> {
        self.member.browser.pages.shared.hooks.operators.as_ref().ok_or(Sorry::NotFound)
    }

    /// Acts in the name of whoever is signed in.
    pub(super) fn operator(&self) -> Result<Operator, Sorry> {
        Ok(self.operators()?.operator.on_behalf_of(self.member.signed_in.user_id()))
    }

    /// The account that the request names.
    pub(super) fn user(&self) -> Result<UserId, Sorry> {
        let named = self.form.find("user").unwrap_or_else(|| self.query.get("user"));
        UserId::parse(named).map_err(|_| Sorry::NotFound)
    }

    /// Whatever changes an account takes a fresh proof. Afterwards the operator continues at `below`.
    pub(super) async fn proved(self, below: &str) -> Result<Self, Sorry> {
        match self.member.browser.auth().require_step_up(&self.member.signed_in).await {
            Ok(()) => Ok(self),
            Err(error) => Err(self.member.browser.sorry(&error, below)),
        }
    }
}

/// The page of an account, below the base path.
pub(super) fn path_of(user: &UserId) -> String {
    at(Route::Account, user)
}

pub(super) fn at(route: Route, user: &UserId) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("user", user.as_str()).finish();
    format!("{}?{query}", route.path())
}
