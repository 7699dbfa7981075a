//! The recipes of the manual's page on keeping sessions, word for word, and that they keep them.

use std::sync::Arc;

use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::Key;
use doorward::{Auth, Email, MemoryAttempts, MemoryUsers, PrintingMailer, SignIn, SignInRequest, SignedIn, Site};
use tower_sessions::MemoryStore;

mod on_the_server {
    use doorward::{Auth, Session, SignedIn};
    use tower_sessions::session;

    pub async fn keep(cookie: &tower_sessions::Session, signed_in: &SignedIn) -> Result<(), session::Error> {
        cookie.cycle_id().await?;
        cookie.insert("doorward", signed_in.session().encode()).await
    }

    pub async fn who(auth: &Auth, cookie: &tower_sessions::Session) -> Option<SignedIn> {
        let text: String = cookie.get("doorward").await.ok()??;
        auth.resume(&Session::decode(&text).ok()?).await.ok()
    }
}

mod in_a_cookie {
    use axum_extra::extract::PrivateCookieJar;
    use axum_extra::extract::cookie::{Cookie, SameSite};
    use doorward::{Auth, Session, SignedIn};

    pub fn keep(jar: PrivateCookieJar, signed_in: &SignedIn) -> PrivateCookieJar {
        let cookie = Cookie::build(("__Host-session", signed_in.session().encode()));
        jar.add(cookie.path("/").http_only(true).secure(true).same_site(SameSite::Lax))
    }

    pub async fn who(auth: &Auth, jar: &PrivateCookieJar) -> Option<SignedIn> {
        let cookie = jar.get("__Host-session")?;
        auth.resume(&Session::decode(cookie.value()).ok()?).await.ok()
    }
}

async fn signed_in() -> (Auth, SignedIn) {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example").unwrap();
    let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer).build().unwrap();
    let ann = auth.provision_revealing(Email::parse("ann@acme.example").unwrap()).await.unwrap();
    let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
    let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await.unwrap() else { panic!() };
    let SignIn::Complete(signed_in) = auth.choose_password(&challenge, "a quiet morning in May").await.unwrap() else {
        panic!()
    };
    (auth, signed_in)
}

#[tokio::test]
async fn a_session_on_the_server_is_kept_until_it_ends() {
    let (auth, signed_in) = signed_in().await;
    let cookie = tower_sessions::Session::new(None, Arc::new(MemoryStore::default()), None);
    assert!(on_the_server::who(&auth, &cookie).await.is_none());
    on_the_server::keep(&cookie, &signed_in).await.unwrap();
    let found = on_the_server::who(&auth, &cookie).await.unwrap();
    assert_eq!(found.session(), signed_in.session());
    auth.sign_out_everywhere(signed_in.user_id()).await.unwrap();
    assert!(on_the_server::who(&auth, &cookie).await.is_none());
}

#[tokio::test]
async fn a_session_in_a_cookie_is_kept_until_it_ends() {
    let (auth, signed_in) = signed_in().await;
    let jar = PrivateCookieJar::new(Key::generate());
    assert!(in_a_cookie::who(&auth, &jar).await.is_none());
    let jar = in_a_cookie::keep(jar, &signed_in);
    assert_eq!(in_a_cookie::who(&auth, &jar).await.unwrap().session(), signed_in.session());
    auth.sign_out_everywhere(signed_in.user_id()).await.unwrap();
    assert!(in_a_cookie::who(&auth, &jar).await.is_none());
}

#[test]
fn the_manual_has_these_recipes() {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace("pub ", "");
    let here = squeezed(include_str!("recipes.rs"));
    let manual = include_str!("../../../src/manual/keeping_sessions.md");
    let recipes: Vec<_> =
        manual.split("```rust,ignore").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(recipes.len(), 2);
    for recipe in recipes {
        assert!(here.contains(&squeezed(recipe)), "{recipe}");
    }
}
