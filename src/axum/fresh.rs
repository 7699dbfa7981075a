use axum_core::extract::FromRequestParts;
use doorward::error::StepUpError;
use http::request::Parts;

use super::layer::Mounted;
use super::member::{Member, mounted};
use super::rejection::Rejection;

/// A [`Member`] who proved a moment ago who they are (step-up): for sensitive actions of your own.
///
/// Anyone else who is signed in is asked at the pages' `/confirm`, for the password or, with a second factor on, for a code, and comes
/// back to the path that was asked for, if it was a GET. So take one in the handler that shows the form too: what was sent with a POST
/// that is refused is lost. Clients that show no pages get 403 as a problem document, whose `code` says which proof is needed. How long
/// a proof counts: [`fresh_proof`](crate::second_factor::SecondFactorConfig::fresh_proof), five minutes by default.
///
/// ```
/// use doorward::axum::Fresh;
///
/// async fn close_the_shop(Fresh(who): Fresh) -> String {
///     format!("closed by {}", who.email().as_typed())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Fresh(pub Member);

impl<S: Send + Sync> FromRequestParts<S> for Fresh {
    type Rejection = Rejection;

    async fn from_request_parts(request: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let member = <Member as FromRequestParts<S>>::from_request_parts(request, state).await?;
        let Mounted { pages, asked_for, .. } = mounted(request)?;
        match pages.auth().require_step_up(member.signed_in()).await {
            Ok(()) => Ok(Self(member)),
            Err(StepUpError::SessionEnded) => Err(Rejection::nobody(&pages, request, &asked_for)),
            Err(error @ StepUpError::StepUpRequired { .. }) => {
                Err(Rejection::stale(&pages, request, &asked_for, &error))
            }
            Err(error) => Err(Rejection::by(&pages, request, &error)),
        }
    }
}
