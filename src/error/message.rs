//! End-user sentences shared by several errors.

use core::time::Duration;

use crate::password::Violation;

/// For every wrong code alike. A clock that is minutes off is the usual reason for right codes that are wrong; whether this code
/// was one of those is for operators only.
pub(super) const WRONG_CODE: &str = "This code is not right or was used before. Please try the next one. If codes keep failing, let your \
                                     phone set its date and time automatically.";

/// "Please wait 8 seconds before trying again."
pub(super) fn please_wait(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match (seconds, seconds.div_ceil(60)) {
        (..=1, _) => "Please wait a second before trying again.".to_owned(),
        (2..=119, _) => format!("Please wait {seconds} seconds before trying again."),
        (_, minutes) => format!("Please wait {minutes} minutes before trying again."),
    }
}

/// For a signed-in user. The wait after a success or a single failure is about as long as a double click, so a form that was
/// sent twice must not look like a failure.
pub(super) fn one_at_a_time(wait: Duration) -> String {
    match wait.as_secs() {
        0 => "We received another attempt just before this one. If you sent the form twice, the first one counts; otherwise please try \
              again in a second."
            .to_owned(),
        _ => please_wait(wait),
    }
}

/// "The new password was not accepted. …", with one sentence per broken rule.
pub(super) fn not_accepted(violations: &[Violation]) -> String {
    let broken: Vec<_> = violations.iter().map(|violation| violation.text()).collect();
    format!("The new password was not accepted. {}", broken.join(" "))
}
