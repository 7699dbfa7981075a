use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use doorward::error::ErrorResponse;

use crate::page::{ErrorPage, Page, html};

/// Why a request failed.
#[derive(Debug)]
pub enum Sorry {
    /// Nobody is signed in, or no sign-in is pending.
    SignIn,
    /// The session or the pending sign-in has ended. Contains the cookie that says so.
    Ended(Cookies),
    /// Step-up is required first.
    Confirm(&'static str),
    /// The request is malformed.
    Malformed(StatusCode),
    NotFound,
    /// The page does not support this method.
    Method,
    /// A cross-site request (CSRF).
    Foreign,
    Refused(Box<ErrorResponse>),
    /// The cause is logged where it occurs.
    Internal,
}

/// Redacted in `Debug`: cookies are secrets.
pub struct Cookies(pub Box<CookieJar>);

impl std::fmt::Debug for Cookies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cookies(..)")
    }
}

impl From<doorward::store::sqlx::Error> for Sorry {
    fn from(error: doorward::store::sqlx::Error) -> Self {
        eprintln!("the application's own tables: {error}");
        Self::Internal
    }
}

impl From<doorward::store::BackendError> for Sorry {
    fn from(error: doorward::store::BackendError) -> Self {
        eprintln!("the store: {error}");
        Self::Internal
    }
}

impl IntoResponse for Sorry {
    fn into_response(self) -> Response {
        let (status, words) = match self {
            Self::SignIn => return Redirect::to("/sign-in").into_response(),
            Self::Ended(cookies) => return (*cookies.0, Redirect::to("/sign-in")).into_response(),
            Self::Confirm(place) => return Redirect::to(&format!("/confirm?then={place}")).into_response(),
            Self::Malformed(status) => (status, "We could not read that. Please start again.".to_owned()),
            Self::NotFound => (StatusCode::NOT_FOUND, "This page does not exist.".to_owned()),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "This page cannot do that.".to_owned()),
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "Your browser says another site sent this, or does not say where it came from, so nothing was done. \
                 Please start again here; if that does not help, try a newer browser."
                    .to_owned(),
            ),
            Self::Refused(refusal) => {
                let page = html(&ErrorPage { page: Page::error(&refusal.message) });
                return refused(&refusal, page);
            }
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side. Please try again.".to_owned())
            }
        };
        (status, html(&ErrorPage { page: Page::error(words) })).into_response()
    }
}

/// The page with the status of the error and, for clients that read headers, `Retry-After`.
pub fn refused(refusal: &ErrorResponse, page: impl IntoResponse) -> Response {
    let status = StatusCode::from_u16(refusal.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, page).into_response();
    if let Some(wait) = refusal.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds(wait)));
    }
    response
}

/// Rounded up, so that a client that waits this long is not too early.
pub fn seconds(wait: std::time::Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
