//! The live result next to each policy rule. It only advises; the password is checked again when it is set.

use axum::Json;
use axum::extract::State;
use doorward::Email;
use serde::{Deserialize, Serialize};

use crate::app::App;
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
    // For pages that set a password. Anyone can have it: it tells no more than the rules do, and hashes nothing.
    let email = match browser.visit.step {
        Some(_) => Email::from_input(&browser.visit.email).map_err(|_| Sorry::NotFound)?,
        None => browser.who().await.map_err(|_| Sorry::NotFound)?.email().clone(),
    };
    let broken = app.auth.check_new_password(&email, &typed.password);
    Ok(Json(Broken { broken: broken.iter().map(|violation| violation.code()).collect() }))
}
