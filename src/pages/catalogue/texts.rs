use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use fluent_bundle::FluentArgs;
use time::{OffsetDateTime, UtcOffset};

use super::Language;
use crate::error::ErrorResponse;
use crate::password::Rule;

/// Stands for a value that the template writes, with its markup.
const PLACE: &str = "\u{fffc}";

/// The texts of one language, by their names in its file.
#[derive(Clone)]
pub(in crate::pages) struct Texts {
    languages: Arc<[Language]>,
    chosen: usize,
}

impl Texts {
    pub(super) fn new(languages: Arc<[Language]>, chosen: usize) -> Self {
        Self { languages, chosen }
    }

    /// The tag of BCP 47, for `lang`.
    pub(in crate::pages) fn tag(&self) -> String {
        self.languages[self.chosen].tag.to_string()
    }

    /// For `dir`.
    pub(in crate::pages) fn direction(&self) -> &'static str {
        if self.languages[self.chosen].is_right_to_left() { "rtl" } else { "ltr" }
    }

    pub(in crate::pages) fn get(&self, name: &str) -> String {
        self.with(name, &FluentArgs::new())
    }

    /// With `$count`, which chooses among plurals.
    pub(in crate::pages) fn count(&self, name: &str, count: u64) -> String {
        let mut values = FluentArgs::new();
        values.set("count", count);
        self.with(name, &values)
    }

    /// With one value of that name.
    pub(in crate::pages) fn value(&self, name: &str, key: &'static str, value: &str) -> String {
        let mut values = FluentArgs::new();
        values.set(key, value.to_owned());
        self.with(name, &values)
    }

    /// With two values of those names.
    pub(in crate::pages) fn two(
        &self,
        name: &str,
        (one, value): (&'static str, impl ToString),
        (other, count): (&'static str, impl ToString),
    ) -> String {
        let mut values = FluentArgs::new();
        values.set(one, value.to_string());
        values.set(other, count.to_string());
        self.with(name, &values)
    }

    /// What stands before `$value` and after it.
    pub(in crate::pages) fn around(&self, name: &str) -> (String, String) {
        let text = self.value(name, "value", PLACE);
        text.split_once(PLACE).map_or((text.clone(), String::new()), |(before, after)| (before.into(), after.into()))
    }

    /// In the chosen language, else in English. A name that is in neither shows as it is; a test finds those.
    pub(in crate::pages) fn with(&self, name: &str, values: &FluentArgs<'_>) -> String {
        let chosen = self.find(self.chosen, name, values);
        chosen.or_else(|| self.find(0, name, values)).unwrap_or_else(|| name.to_owned())
    }

    fn find(&self, language: usize, name: &str, values: &FluentArgs<'_>) -> Option<String> {
        let messages = &self.languages[language].messages;
        let pattern = messages.get_message(name)?.value()?;
        let mut problems = Vec::new();
        let text = messages.format_pattern(pattern, Some(values), &mut problems);
        problems.is_empty().then(|| text.into_owned())
    }

    /// What an error says, by its code. In English it is the error's own message.
    pub(in crate::pages) fn error(&self, refusal: &ErrorResponse) -> String {
        let mut values = FluentArgs::new();
        let (unit, amount) = refusal.retry_after.map_or(("none", 0), wait);
        values.set("unit", unit);
        values.set("amount", amount);
        values.set(
            "rules",
            refusal.violations.iter().map(|broken| self.rule(&broken.rule())).collect::<Vec<_>>().join(" "),
        );
        let name = format!("error-{}", refusal.code);
        self.find(self.chosen, &name, &values).unwrap_or_else(|| refusal.message.clone())
    }

    /// What a rule of the policy says, by its code. In English it is the rule's own text.
    pub(in crate::pages) fn rule(&self, rule: &Rule) -> String {
        let mut values = FluentArgs::new();
        match rule {
            Rule::TooShort { min: count } | Rule::TooLong { max: count } | Rule::Reused { last: count } => {
                values.set("count", *count);
            }
            _ => {}
        }
        let name = format!("rule-{}", rule.code());
        self.find(self.chosen, &name, &values).unwrap_or_else(|| rule.text())
    }

    /// "24 November 2026, 10:15 UTC"
    pub(in crate::pages) fn moment(&self, at: OffsetDateTime) -> String {
        // A host may have dates at the very end of time.
        let at = at.checked_to_offset(UtcOffset::UTC).unwrap_or(at);
        let mut values = FluentArgs::new();
        values.set("day", at.day());
        values.set("month", u8::from(at.month()));
        values.set("year", at.year().to_string());
        values.set("time", format!("{:02}:{:02}", at.hour(), at.minute()));
        self.with("moment", &values)
    }
}

/// Seconds up to two minutes, then minutes, rounded up.
fn wait(wait: Duration) -> (&'static str, u64) {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    if seconds < 120 { ("seconds", seconds) } else { ("minutes", seconds.div_ceil(60)) }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Texts").field(&self.tag()).finish()
    }
}
