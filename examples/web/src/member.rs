use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use doorward::{ResumeError, SignedIn};

use crate::app::App;
use crate::browser::Browser;
use crate::notice::Notice;
use crate::page::Page;
use crate::sorry::Sorry;
use crate::tables::Profile;

/// Somebody who is signed in. A handler that takes one is reached by nobody else.
#[derive(Debug)]
pub struct Member {
    pub browser: Browser,
    pub signed_in: SignedIn,
    pub profile: Profile,
}

impl FromRequestParts<App> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let browser = Browser::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let Some(session) = browser.visit.session.clone() else { return Err(browser.go("/sign-in")) };
        let signed_in = match app.auth.resume(&session).await {
            Ok(signed_in) => signed_in,
            Err(ResumeError::SessionEnded) => return Err(ended(browser).await),
            Err(error) => return Err(Sorry::from_failure(&app.auth, &error, "").into_response()),
        };
        let profile = app.tables.profile(signed_in.user_id()).await;
        let profile = profile.map_err(|error| Sorry::from(error).into_response())?;
        let nameless = || Profile { name: signed_in.email().as_typed().to_owned(), operator: false };
        Ok(Self { profile: profile.unwrap_or_else(nameless), browser, signed_in })
    }
}

/// Drops a session that does not count any more, and leads to the sign-in.
pub async fn ended(browser: Browser) -> Response {
    match browser.leave().await {
        Ok(browser) => browser.saying(Notice::SessionEnded).go("/sign-in"),
        Err(sorry) => sorry.into_response(),
    }
}

impl Member {
    pub fn page(&mut self, title: &str) -> Page {
        Page { member: Some(self.profile.clone()), ..self.browser.page(title) }
    }
}
