use axum_core::extract::FromRequestParts;
use http::request::Parts;

use super::layer::Mounted;
use super::member::{Member, mounted};
use super::rejection::Rejection;

/// A [`Member`] who is an operator, by the hook of [`operators`](crate::pages::PagesBuilder::operators): for routes of your own that only
/// operators have.
///
/// For any other member the path does not exist: 404, as a page or a problem document. Whoever is not signed in is asked to sign in, as by
/// [`Member`]. If the hook fails, everyone gets 503. Pages
/// without that hook are a programming error: 500. For sensitive actions, take [`Fresh`](super::Fresh) beside it.
///
/// ```
/// use doorward::axum::{Fresh, OperatorMember};
///
/// async fn figures(OperatorMember(who): OperatorMember) -> String {
///     format!("figures for {}", who.email().as_typed())
/// }
///
/// async fn close_the_shop(_: OperatorMember, Fresh(who): Fresh) -> String {
///     format!("closed by {}", who.email().as_typed())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct OperatorMember(pub Member);

impl<S: Send + Sync> FromRequestParts<S> for OperatorMember {
    type Rejection = Rejection;

    async fn from_request_parts(request: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let Mounted { pages, .. } = mounted(request)?;
        if !pages.has(&pages.accounts_path()) {
            return Err(Rejection::without_operators());
        }
        let member = <Member as FromRequestParts<S>>::from_request_parts(request, state).await?;
        match pages.is_operator(member.signed_in()).await {
            Ok(true) => Ok(Self(member)),
            Ok(false) => Err(Rejection::unknown(&pages, request)),
            Err(error) => Err(Rejection::by(&pages, request, &error)),
        }
    }
}
