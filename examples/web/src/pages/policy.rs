//! The live result beside each rule of the policy. It advises; what counts is judged when the password is set.

use axum::Json;
use axum::extract::State;
use doorward::{Email, Password, PolicyContext};
use serde::{Deserialize, Serialize};

use crate::app::{App, SITE};
use crate::browser::Browser;
use crate::sorry::Sorry;

#[derive(Deserialize)]
pub struct Typed {
    password: String,
}

#[derive(Serialize)]
pub struct Broken {
    broken: Vec<&'static str>,
}

pub async fn check(State(app): State<App>, browser: Browser, Json(typed): Json<Typed>) -> Result<Json<Broken>, Sorry> {
    // For those who may set a password just now, and not as a service to strangers.
    if browser.visit.session.is_none() && browser.visit.step.is_none() {
        return Err(Sorry::NotFound);
    }
    let email = Email::from_input(&browser.visit.email).ok();
    let context = PolicyContext::new(SITE);
    let context = email.as_ref().map(|email| context.email(email)).unwrap_or(context);
    let checked = app.auth.password_policy().check(&Password::new(&typed.password), &context);
    let broken = checked.err().unwrap_or_default().iter().map(|violation| violation.code()).collect();
    Ok(Json(Broken { broken }))
}
