use core::sync::atomic::Ordering;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use doorward::error::ResumeError;
use doorward::{Email, SignedIn, UserId};
use http::request::Parts;

use super::layer::Mounted;
use super::rejection::Rejection;

/// Whoever is signed in. A handler that takes one is unreachable for anyone else.
///
/// Nobody signed in: a browser that asks for a page is sent to the sign-in page, and comes back to the path and query that it asked
/// for, up to 1,024 bytes (home, if it was not a GET). Any other client gets 401 as a problem document (RFC 9457). While the store is down, everyone
/// gets 503, and cookies stay.
///
/// `Option<Member>` lets everyone in: `None` if nobody is signed in. It is refused too while the store is down, since nothing is
/// known then.
#[derive(Clone, Debug)]
pub struct Member {
    signed_in: SignedIn,
}

impl Member {
    /// The user's address.
    pub fn email(&self) -> &Email {
        self.signed_in.email()
    }

    /// The user's id.
    pub fn user_id(&self) -> &UserId {
        self.signed_in.user_id()
    }

    /// The session, for calls of [`Auth`](crate::Auth). Calls that return another `SignedIn` replace its token, which then has to
    /// reach the browser's cookie: leave those to the pages.
    pub fn signed_in(&self) -> &SignedIn {
        &self.signed_in
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = Rejection;

    async fn from_request_parts(request: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let mounted = mounted(request)?;
        match find(&mounted, request).await? {
            Some(member) => Ok(member),
            None => Err(Rejection::nobody(&mounted.pages, request, &mounted.asked_for)),
        }
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Member {
    type Rejection = Rejection;

    async fn from_request_parts(request: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        find(&mounted(request)?, request).await
    }
}

pub(super) fn mounted(request: &Parts) -> Result<Mounted, Rejection> {
    request.extensions.get::<Mounted>().cloned().ok_or_else(Rejection::without_layer)
}

async fn find(Mounted { pages, personal, .. }: &Mounted, request: &Parts) -> Result<Option<Member>, Rejection> {
    match pages.resume(request).await {
        Ok(signed_in) => {
            personal.store(true, Ordering::Relaxed);
            Ok(Some(Member { signed_in }))
        }
        Err(ResumeError::SessionEnded) => Ok(None),
        Err(error) => Err(Rejection::by(pages, request, &error)),
    }
}
