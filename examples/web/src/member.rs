use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use doorward::SignedIn;

use crate::app::App;
use crate::browser::Browser;
use crate::page::Page;
use crate::sorry::Sorry;
use crate::tables::Profile;

/// A signed-in user. A handler that takes one is unreachable for anyone else.
#[derive(Debug)]
pub struct Member {
    pub browser: Browser,
    pub signed_in: SignedIn,
    pub profile: Profile,
}

/// An operator who has completed step-up. For anyone else the page does not exist.
#[derive(Debug)]
pub struct Operator(pub Member);

impl FromRequestParts<App> for Member {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Sorry> {
        let browser = Browser::from_request_parts(parts, app).await?;
        let signed_in = match browser.who().await {
            Ok(signed_in) => signed_in,
            Err(error) => return Err(browser.nobody(&error)),
        };
        let profile = app.tables.profile(signed_in.user_id()).await?;
        let nameless = || Profile { name: signed_in.email().as_typed().to_owned(), operator: false };
        Ok(Self { profile: profile.unwrap_or_else(nameless), browser, signed_in })
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Sorry> {
        let member = Member::from_request_parts(parts, app).await?;
        if !member.profile.operator {
            return Err(Sorry::NotFound);
        }
        match app.auth.require_step_up(&member.signed_in).await {
            Ok(()) => Ok(Self(member)),
            Err(error) => Err(member.browser.sorry(&error, "operator")),
        }
    }
}

impl Member {
    pub fn page(&mut self, title: &str) -> Page {
        let (session, left) = (self.signed_in.session(), self.signed_in.expires_in().as_secs());
        let ends_in = Some((left, session.expires_at == session.ends_at));
        Page { member: Some(self.profile.clone()), ends_in, ..self.browser.page(title) }
    }
}
