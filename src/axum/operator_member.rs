use axum_core::extract::FromRequestParts;
use http::request::Parts;

use super::layer::Mounted;
use super::member::{Member, mounted};
use super::rejection::Rejection;

/// A [`Member`] who is an operator, by the hook of [`PagesBuilder::operators`](crate::pages::PagesBuilder::operators).
///
/// For any other member the path does not exist: 404. Nobody signed in: as for a [`Member`]. While the hook fails, everyone gets 503.
/// Pages that were built without the hook are a programming error: 500.
///
/// It is not the handle [`Operator`](crate::Operator), which does something to accounts. For sensitive actions take a
/// [`Fresh`](super::Fresh) as well.
///
/// ```
/// use doorward::axum::OperatorMember;
///
/// async fn figures(OperatorMember(who): OperatorMember) -> String {
///     format!("for {} only", who.email().as_typed())
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
