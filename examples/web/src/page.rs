use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use doorward::Auth;
use doorward::config::SupportContact;
use doorward::error::ErrorResponse;
use doorward::password::{Rule, Violation};

use crate::app::{SITE, SUPPORT};
use crate::notice::Notice;
use crate::tables::Profile;

/// What every page shares around its content.
#[derive(Debug, Default)]
pub struct Page {
    pub title: String,
    pub member: Option<Profile>,
    pub notice: Option<Notice>,
    /// Problems with the form, in the order of its fields.
    pub problems: Vec<Problem>,
    /// How long to wait before the form can be sent again.
    pub wait: Option<Wait>,
    /// How many seconds the session lasts if it is not used, and whether using it does not help any more.
    pub ends_in: Option<(u64, bool)>,
}

#[derive(Clone, Copy, Debug)]
pub struct Wait {
    pub seconds: u64,
    /// Because of failed attempts.
    pub throttled: bool,
}

/// How many seconds before its end a page warns about it: enough to continue, also for slow readers.
const SOON: u64 = 5 * 60;

#[derive(Debug)]
pub struct Problem {
    /// The id of the field; empty if it is about the whole form.
    pub field: String,
    pub text: String,
}

impl Page {
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }

    /// A separate page for a failed request.
    pub fn error(words: impl Into<String>) -> Self {
        Self::new("Sorry").problem("", words)
    }

    #[must_use]
    pub fn problem(mut self, field: &str, text: impl Into<String>) -> Self {
        self.problems.push(Problem { field: field.to_owned(), text: text.into() });
        self
    }

    #[must_use]
    pub fn refused(mut self, field: &str, refusal: &ErrorResponse) -> Self {
        let wait = |wait| Wait { seconds: crate::sorry::seconds(wait), throttled: refusal.code == "throttled" };
        self.wait = refusal.retry_after.map(wait);
        // If the user only has to wait, the input itself is fine.
        let field = if self.wait.is_some() { "" } else { field };
        self.problem(field, &refusal.message)
    }

    /// The first problem with that field.
    pub fn wrong(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }

    pub fn site(&self) -> &'static str {
        SITE
    }

    /// Whether the session ends soon, and in how many seconds the warning is due.
    pub fn warning(&self) -> Option<(bool, u64)> {
        self.ends_in.map(|(seconds, _)| (seconds <= SOON, seconds.saturating_sub(SOON)))
    }

    /// Whether the session ends however much it is used.
    pub fn ends_for_good(&self) -> bool {
        self.ends_in.is_some_and(|(_, for_good)| for_good)
    }

    /// Whether the demo pages exist, which no real application has.
    pub fn demo(&self) -> bool {
        cfg!(feature = "demo")
    }

    pub fn support(&self) -> (&'static str, String) {
        (SUPPORT, SupportContact::Email(SUPPORT.to_owned()).href())
    }
}

/// A rule of the policy as a list shows it.
#[derive(Debug)]
pub struct RuleShown {
    pub code: &'static str,
    pub text: String,
    pub broken: bool,
    pub judged_later: bool,
}

pub fn rules(auth: &Auth, broken: &[Violation]) -> Vec<RuleShown> {
    let shown = |rule: Rule| RuleShown {
        code: rule.code(),
        text: rule.text(),
        broken: broken.iter().any(|violation| violation.rule() == rule),
        judged_later: rule.is_judged_when_set(),
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
