use askama::Template;
use axum::response::{Redirect, Response};

use crate::member::Member;
use crate::page::Page;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    name: String,
    email: String,
}

pub async fn show(mut member: Member) -> Response {
    let page = member.page("Home");
    let (name, email) = (member.profile.name.clone(), member.signed_in.email().as_typed().to_owned());
    member.browser.show(&HomePage { page, name, email })
}

/// The well-known URL that password managers open to change a password.
pub async fn change_password() -> Redirect {
    Redirect::to("/security")
}
