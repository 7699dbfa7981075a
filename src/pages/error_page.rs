use askama::Template;
use serde::Serialize;

use super::page::Page;
use super::page_model::models;

/// A failed request without a form to show again. [`Page::problems`] says why.
#[derive(Debug, Serialize, Template)]
#[template(path = "error.html")]
#[non_exhaustive]
pub struct ErrorPage {
    /// What is around the content.
    #[serde(skip)]
    pub page: Page,
}

models!(ErrorPage);
