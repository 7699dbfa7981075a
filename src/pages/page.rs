//! What every page shares around its content.

use core::time::Duration;

use time::{OffsetDateTime, UtcOffset};

use super::notice::Notice;
use super::state::Pages;
use crate::auth::{Auth, SignedIn};
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
    /// How many seconds the session lasts if it is not used, and whether using it does not help any more.
    pub(super) ends_in: Option<(u64, bool)>,
    /// What all paths begin with.
    pub(super) base: String,
    pub(super) home: String,
    pub(super) stylesheet: Option<String>,
    pub(super) site: String,
    pub(super) support: (String, String),
}

#[derive(Clone, Copy)]
pub(super) struct Wait {
    pub(super) seconds: u64,
    /// Because of failed attempts.
    pub(super) throttled: bool,
}

/// How many seconds before its end a page warns about it: enough to continue, also for slow readers.
const SOON: u64 = 5 * 60;

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
            ends_in: None,
            base: pages.shared.base.clone(),
            home: pages.shared.home.clone(),
            stylesheet: pages.shared.stylesheet.clone(),
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

    /// A page for someone who is signed in, with a warning before the session ends.
    pub(super) fn of(mut self, signed_in: &SignedIn) -> Self {
        let session = signed_in.session();
        self.ends_in = Some((signed_in.expires_in().as_secs(), session.expires_at == session.ends_at));
        self.is_signed_in = true;
        self
    }

    /// Whether the session ends soon, and in how many seconds the warning is due.
    pub(super) fn warning(&self) -> Option<(bool, u64)> {
        self.ends_in.map(|(seconds, _)| (seconds <= SOON, seconds.saturating_sub(SOON)))
    }

    /// Whether the session ends however much it is used.
    pub(super) fn ends_for_good(&self) -> bool {
        self.ends_in.is_some_and(|(_, for_good)| for_good)
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

/// "24 November 2026, 10:15 UTC"
pub(super) fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{} {} {}, {:02}:{:02} UTC", at.day(), at.month(), at.year(), at.hour(), at.minute())
}
