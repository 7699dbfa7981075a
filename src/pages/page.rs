//! What every page shares around its content.

use core::time::Duration;

use super::notice::Notice;
use super::state::Pages;
use crate::auth::Auth;
use crate::error::ErrorResponse;
use crate::password::{Rule, Violation};

pub(super) struct Page {
    pub(super) title: String,
    pub(super) notice: Option<Notice>,
    /// Problems with the form, in the order of its fields.
    pub(super) problems: Vec<Problem>,
    /// How long to wait before the form can be sent again.
    pub(super) wait: Option<Wait>,
    /// Whether someone is signed in, who may have come with a mailed password all the same.
    pub(super) is_signed_in: bool,
    /// What all paths begin with.
    pub(super) base: String,
    pub(super) home: String,
    pub(super) site: String,
    pub(super) support: (String, String),
}

#[derive(Clone, Copy)]
pub(super) struct Wait {
    pub(super) seconds: u64,
    /// Because of failed attempts.
    pub(super) throttled: bool,
}

pub(super) struct Problem {
    /// The id of the field; empty if it is about the whole form.
    pub(super) field: &'static str,
    pub(super) text: String,
}

impl Page {
    pub(super) fn new(pages: &Pages, title: &str) -> Self {
        let site = pages.shared.auth.site();
        Self {
            title: title.to_owned(),
            notice: None,
            problems: Vec::new(),
            wait: None,
            is_signed_in: false,
            base: pages.shared.base.clone(),
            home: pages.shared.home.clone(),
            site: site.name().to_owned(),
            support: (site.support().to_string(), site.support().href()),
        }
    }

    /// A separate page for a failed request.
    pub(super) fn error(pages: &Pages, words: &str) -> Self {
        Self::new(pages, "Sorry").problem("", words)
    }

    pub(super) fn problem(mut self, field: &'static str, text: &str) -> Self {
        self.problems.push(Problem { field, text: text.to_owned() });
        self
    }

    pub(super) fn refused(mut self, field: &'static str, refusal: &ErrorResponse) -> Self {
        let wait = |wait| Wait { seconds: seconds(wait), throttled: refusal.code == "throttled" };
        self.wait = refusal.retry_after.map(wait);
        // If the user only has to wait, the input itself is fine.
        let field = if self.wait.is_some() { "" } else { field };
        self.problem(field, &refusal.message)
    }

    /// The first problem with that field.
    pub(super) fn wrong(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }
}

/// Rounded up, so that a client that waits this long is not too early.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// A rule of the policy as a list shows it.
pub(super) struct RuleShown {
    pub(super) code: &'static str,
    pub(super) text: String,
    pub(super) broken: bool,
    pub(super) judged_later: bool,
}

pub(super) fn rules(auth: &Auth, broken: &[Violation]) -> Vec<RuleShown> {
    let shown = |rule: Rule| RuleShown {
        code: rule.code(),
        text: rule.text(),
        broken: broken.iter().any(|violation| violation.rule() == rule),
        judged_later: rule.is_judged_when_set(),
    };
    auth.password_policy().rules().into_iter().map(shown).collect()
}
