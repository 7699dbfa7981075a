//! Extractors for requests. A malformed request gets a page, like every other response.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::sorry::Sorry;

/// The fields of a form.
#[derive(Clone, Copy)]
pub struct Form<T>(pub T);

/// The query string.
#[derive(Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Sorry;

    async fn from_request(request: Request, state: &S) -> Result<Self, Sorry> {
        let form = axum::Form::from_request(request, state).await;
        form.map(|form| Self(form.0)).map_err(|rejection| Sorry::Malformed(rejection.status()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Sorry> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|rejection| Sorry::Malformed(rejection.status()))
    }
}
