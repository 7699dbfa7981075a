//! What every host has: the pages, and something of its own.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use doorward::error::ResumeError;
use doorward::pages::{PageBody, Pages};
use doorward::{Auth, SignedIn};
use http::Response;
use http::request::Parts;

use crate::Error;

/// Clones share their state.
#[derive(Clone)]
pub struct App {
    pub pages: Pages,
    waves: Arc<AtomicU32>,
}

impl App {
    /// `peer` finds the address at the other end of the connection, where the framework put it.
    pub fn new(auth: Auth, peer: fn(&Parts) -> Option<IpAddr>) -> Result<Self, Error> {
        let pages = Pages::builder(auth).client_address(peer).build()?;
        Ok(Self { pages, waves: Arc::default() })
    }

    /// Whoever is signed in. For everyone else the response.
    pub async fn member(&self, request: &Parts) -> Result<SignedIn, Response<PageBody>> {
        self.pages.resume(request).await.map_err(|error| match error {
            ResumeError::SessionEnded => self.pages.redirect_to_sign_in(request, "/"),
            error => self.pages.error_page(request, &error),
        })
    }

    /// The page of the host, as HTML.
    pub fn greeting(&self, who: &SignedIn) -> String {
        let (email, waves) = (html_escape::encode_text(who.email().as_typed()), self.waves.load(Ordering::Relaxed));
        let form = r#"<form method="post" action="/wave"><button>Wave</button></form>"#;
        format!("<!doctype html><title>Hello</title><p>Hello {email}</p><p>Waves: {waves}</p>{form}")
    }

    /// What the form of the host changes.
    pub fn wave(&self) {
        self.waves.fetch_add(1, Ordering::Relaxed);
    }
}
