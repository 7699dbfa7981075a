use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use doorward::{Auth, Refusal, Rule, Support, Violation};

use crate::app::{SITE, SUPPORT};
use crate::notice::Notice;
use crate::tables::Profile;

/// What every page has around its content.
#[derive(Debug, Default)]
pub struct Page {
    pub title: String,
    pub member: Option<Profile>,
    pub notice: Option<Notice>,
    /// What was wrong with the form, in the order of its fields.
    pub problems: Vec<Problem>,
    /// How many seconds to wait before the form can be sent again.
    pub wait: Option<u64>,
}

#[derive(Debug)]
pub struct Problem {
    /// The id of the field; empty if it is about the whole form.
    pub field: &'static str,
    pub text: String,
}

impl Page {
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }

    /// A page of its own for a request that came to nothing.
    pub fn error(words: impl Into<String>) -> Self {
        Self::new("Sorry").problem("", words)
    }

    #[must_use]
    pub fn problem(mut self, field: &'static str, text: impl Into<String>) -> Self {
        self.problems.push(Problem { field, text: text.into() });
        self
    }

    #[must_use]
    pub fn refused(mut self, field: &'static str, refusal: &Refusal) -> Self {
        self.wait = refusal.retry_after.map(crate::sorry::seconds);
        self.problem(field, &refusal.message)
    }

    /// The first thing wrong with that field.
    pub fn wrong(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }

    pub fn site(&self) -> &'static str {
        SITE
    }

    /// Whether there are pages that no real application has.
    pub fn demo(&self) -> bool {
        cfg!(feature = "demo")
    }

    pub fn support(&self) -> (&'static str, String) {
        (SUPPORT, Support::Email(SUPPORT.to_owned()).href())
    }
}

/// A rule of the policy as a list shows it.
#[derive(Debug)]
pub struct RuleShown {
    pub code: &'static str,
    pub text: String,
    pub broken: bool,
    /// It needs what only the account knows, so it is judged when the password is set and not while somebody types.
    pub judged_later: bool,
}

pub fn rules(auth: &Auth, broken: &[Violation]) -> Vec<RuleShown> {
    let shown = |rule: Rule| RuleShown {
        code: rule.code(),
        text: rule.text(),
        broken: broken.iter().any(|violation| violation.rule() == rule),
        judged_later: matches!(rule, Rule::Temporary | Rule::Reused { .. } | Rule::Breached),
    };
    auth.password_policy().rules().into_iter().map(shown).collect()
}

pub fn html(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub page: Page,
}
