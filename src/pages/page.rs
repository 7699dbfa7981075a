//! What every page shares around its content.

use core::time::Duration;

use serde::Serialize;

use super::catalogue::Texts;
use crate::auth::{Auth, SignedIn};
use crate::error::ErrorResponse;
use crate::password::{Rule, Violation};

/// What is around the content of every page.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The title, which is also the heading.
    pub title: String,
    /// A message about the step just taken.
    pub notice: Option<String>,
    /// Problems with the form, in the order of its fields.
    pub problems: Vec<Problem>,
    /// How long to wait before the form can be sent again.
    pub wait: Option<Wait>,
    /// Whether someone is signed in, who may have come with a mailed password all the same.
    pub is_signed_in: bool,
    /// What the paths of all pages begin with; empty at the root.
    pub base: String,
    /// The path of the home page.
    pub home: String,
    /// The name of the site.
    pub site: String,
    /// The support contact to show, and where a link to it leads.
    pub support: (String, String),
    /// How many seconds the session lasts if it is not used, and whether using it does not help any more.
    pub(super) ends_in: Option<(u64, bool)>,
    pub(super) stylesheet: Option<String>,
    pub(super) texts: Texts,
    /// Whether the host draws what is around the content.
    pub(super) is_framed: bool,
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Wait {
    /// Rounded up, so that whoever waits this long is not too early.
    pub seconds: u64,
    /// Because of failed attempts.
    pub throttled: bool,
}

/// How many seconds before its end a page warns about it: enough to continue, also for slow readers.
const SOON: u64 = 5 * 60;

/// What is wrong with a form.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Problem {
    /// The id of the field; empty if it is about the whole form.
    pub field: &'static str,
    /// What to say about it.
    pub text: String,
}

impl Page {
    pub(super) fn saying(self, notice: Option<String>) -> Self {
        Self { notice, ..self }
    }

    pub(super) fn problem(mut self, field: &'static str, text: String) -> Self {
        self.problems.push(Problem { field, text });
        self
    }

    pub(super) fn refused(mut self, field: &'static str, refusal: &ErrorResponse) -> Self {
        let wait = |wait| Wait { seconds: seconds(wait), throttled: refusal.code == "throttled" };
        self.wait = refusal.retry_after.map(wait);
        // If the user only has to wait, the input itself is fine.
        let field = if self.wait.is_some() { "" } else { field };
        let text = self.texts.error(refusal);
        self.problem(field, text)
    }

    /// A page for someone who is signed in, with a warning before the session ends.
    pub(super) fn of(mut self, signed_in: &SignedIn) -> Self {
        let session = signed_in.session();
        self.ends_in = Some((signed_in.expires_in().as_secs(), session.expires_at == session.ends_at));
        self.is_signed_in = true;
        self
    }
}

// For templates.
impl Page {
    /// A text of the catalogue, by its name there, in the language of the page.
    pub fn text(&self, name: &str) -> String {
        self.texts.get(name)
    }

    /// A text with `$count`.
    pub(super) fn count(&self, name: &str, count: &(impl TryInto<u64> + Copy)) -> String {
        self.texts.count(name, (*count).try_into().unwrap_or_default())
    }

    /// A text with `$value`.
    pub(super) fn value(&self, name: &str, value: impl core::fmt::Display) -> String {
        self.texts.value(name, "value", &value.to_string())
    }

    /// What stands before and after the place of `$value`, which the template writes itself.
    pub(super) fn around(&self, name: &str) -> (String, String) {
        self.texts.around(name)
    }

    /// "Sign-in failed, 12 times"
    pub(super) fn times(&self, text: &str, times: &u64) -> String {
        self.texts.two("activity-times", ("value", text), ("times", times))
    }

    /// The language of the page, as a tag of BCP 47.
    pub fn language(&self) -> String {
        self.texts.tag()
    }

    /// `ltr` or `rtl`.
    pub fn direction(&self) -> &'static str {
        self.texts.direction()
    }

    /// The first problem with that field.
    pub fn wrong(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }

    /// Whether the session ends soon, and in how many seconds the warning is due.
    pub(super) fn warning(&self) -> Option<(bool, u64)> {
        self.ends_in.map(|(seconds, _)| (seconds <= SOON, seconds.saturating_sub(SOON)))
    }

    /// Whether the session ends however much it is used.
    pub(super) fn ends_for_good(&self) -> bool {
        self.ends_in.is_some_and(|(_, for_good)| for_good)
    }
}

/// Rounded up, so that a client that waits this long is not too early.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// A rule of the password policy, as a list above the field shows it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownRule {
    /// Its [`code`](crate::password::Rule::code).
    pub code: &'static str,
    /// The sentence.
    pub text: String,
    /// Whether the password that was sent breaks it.
    pub broken: bool,
    /// Whether it is [judged only when the password is set](crate::password::Rule::is_judged_when_set).
    pub judged_later: bool,
}

pub(super) fn rules(auth: &Auth, texts: &Texts, broken: &[Violation]) -> Vec<ShownRule> {
    shown_rules(auth.password_policy().rules(), texts, broken)
}

/// Those for whoever has had no password here.
pub(super) fn first_rules(auth: &Auth, texts: &Texts, broken: &[Violation]) -> Vec<ShownRule> {
    shown_rules(auth.password_policy().rules_for_registration(), texts, broken)
}

fn shown_rules(rules: Vec<Rule>, texts: &Texts, broken: &[Violation]) -> Vec<ShownRule> {
    let shown = |rule: Rule| ShownRule {
        code: rule.code(),
        text: texts.rule(&rule),
        broken: broken.iter().any(|violation| violation.rule() == rule),
        judged_later: rule.is_judged_when_set(),
    };
    rules.into_iter().map(shown).collect()
}
