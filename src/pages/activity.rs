//! What happened to an account, in words for its owner.

use serde::Serialize;

use super::catalogue::Texts;
use super::member::Member;
use super::moment::Moment;
use crate::journal::{Journal, JournalEntry};
use crate::types::{BackendError, UserId};

/// Recent activity on `/security`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RecentActivity {
    /// The latest first.
    pub lines: Vec<ShownActivity>,
    /// Whether all of it was read: `false` if reading failed, and behind more failed attempts than are read.
    pub complete: bool,
}

/// A line of recent activity.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ShownActivity {
    /// When; the last time, if there are several.
    pub at: Moment,
    /// The [name](crate::event::EventKind::name) of the event; `host` for a line of the host's own.
    pub event: String,
    /// What to say.
    pub text: String,
    /// How often: events that anyone can cause share a line.
    pub times: u64,
}

/// The lines that are shown.
const LINES: usize = 20;
/// How many entries are read at once, and how often at most: someone who guesses passwords adds 20 an hour.
const AT_ONCE: u32 = 100;
const READS: usize = 5;

/// The events that matter to the owner, and the names of their texts. Others are steps on the way to one of these.
const TEXTS: [(&str, &str); 39] = [
    ("user_created", "activity-created"),
    ("user_created:imported", "activity-created"),
    ("user_created:registered", "activity-created"),
    ("authn_token_created:welcome", "activity-first-password"),
    ("user_updated:email", "activity-address-corrected"),
    ("user_updated:email_requested", "activity-address-requested"),
    ("user_updated:email_changed", "activity-address-changed"),
    ("user_updated:email_undone", "activity-address-restored"),
    ("user_updated:email_by_operator", "activity-address-changed-by-support"),
    ("authn_login_success", "activity-signed-in"),
    ("authn_login_successafterfail", "activity-signed-in"),
    ("authn_login_fail", "activity-sign-in-failed"),
    ("authn_second_factor_fail", "activity-code-wrong"),
    ("authn_second_factor_fail_max", "activity-many-wrong-codes"),
    ("user_updated:second_factor_enabled", "activity-authenticator-on"),
    ("user_updated:second_factor_disabled", "activity-authenticator-off"),
    ("user_updated:second_factor_reset", "activity-authenticator-removed"),
    ("authn_token_created:recovery_codes", "activity-recovery-codes"),
    ("authn_reauthenticated", "activity-confirmed"),
    ("authn_reauthenticated_fail", "activity-not-confirmed"),
    ("authn_password_change", "activity-password-changed"),
    ("authn_password_change_fail", "activity-password-not-changed"),
    ("authn_token_created:reset", "activity-reset-requested"),
    ("authn_token_created:temporary_password", "activity-reset-confirmed"),
    ("authn_password_change:reset", "activity-reset-completed"),
    ("authn_token_revoked:reset", "activity-reset-cancelled"),
    ("authn_token_created:device", "activity-device-added"),
    ("authn_token_revoked:device", "activity-device-signed-out"),
    ("session_expired:logout", "activity-signed-out"),
    ("session_expired:revoked", "activity-session-ended"),
    ("session_logout:everywhere", "activity-signed-out-everywhere"),
    ("sensitive_read:export", "activity-exported"),
    ("user_deletion_requested", "activity-deletion-requested"),
    ("user_updated:deletion_undone", "activity-deletion-undone"),
    ("user_archived", "activity-deactivated"),
    ("user_updated:reactivated", "activity-reactivated"),
    ("user_updated:password_change_forced", "activity-change-required"),
    ("authn_token_revoked:password", "activity-password-invalidated"),
    ("excess_rate_limit_exceeded", "activity-throttled"),
];

/// What anyone who knows the address can cause. These share one line each, so that a flood of them hides nothing.
const ANYBODYS: [&str; 3] = ["authn_login_fail", "authn_token_created:reset", "excess_rate_limit_exceeded"];

/// What the catalogue calls the event.
pub(super) fn text_of(event: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(name, _)| *name == event).map(|(_, text)| *text)
}

/// `None` if the host has neither a journal here nor lines of its own.
pub(super) async fn recent(member: &Member) -> Option<RecentActivity> {
    let (browser, hooks) = (&member.browser, &member.browser.pages.shared.hooks);
    if hooks.journal.is_none() && hooks.activity_lines.is_none() {
        return None;
    }
    let texts = &browser.reader.texts;
    let (mut lines, mut complete) = (Vec::new(), true);
    if let Some(journal) = &hooks.journal {
        match read(&**journal, member.signed_in.user_id(), texts).await {
            Ok((read, all)) => (lines, complete) = (read, all),
            Err(error) => {
                browser.auth().page_failed("latest", error);
                complete = false;
            }
        }
    }
    if let Some(ask) = &hooks.activity_lines {
        match ask(member.signed_in.clone(), texts.tag()).await {
            Ok(own) => lines.extend(own.into_iter().map(|(at, text)| ShownActivity {
                at: Moment::new(at, texts),
                event: "host".to_owned(),
                text,
                times: 1,
            })),
            Err(error) => {
                browser.auth().page_failed("activity_lines", error);
                complete = false;
            }
        }
    }
    // Stable: what happened at the same instant stays in the order of the journal.
    lines.sort_by_key(|line| core::cmp::Reverse(line.at.at()));
    lines.truncate(LINES);
    Some(RecentActivity { lines, complete })
}

/// The lines, and whether there are all that are shown: someone who guesses passwords for a day adds more entries than are read.
async fn read(journal: &dyn Journal, user: &UserId, texts: &Texts) -> Result<(Vec<ShownActivity>, bool), BackendError> {
    let (mut lines, mut before) = (Vec::new(), None);
    for _ in 0..READS {
        let entries = journal.latest(user, before, AT_ONCE).await?;
        entries.iter().for_each(|entry| add(&mut lines, entry, texts));
        before = entries.last().map(|entry| entry.seq);
        if entries.len() < AT_ONCE as usize || lines.len() >= LINES {
            return Ok((lines, true));
        }
    }
    Ok((lines, false))
}

/// Adds an entry that is earlier than those before it.
fn add(lines: &mut Vec<ShownActivity>, entry: &JournalEntry, texts: &Texts) {
    let Some(text) = text_of(&entry.event) else { return };
    let anybodys = ANYBODYS.contains(&&*entry.event);
    if let Some(line) = lines.iter_mut().find(|line| anybodys && *line.event == *entry.event) {
        line.times += 1;
        return;
    }
    let (at, text) = (Moment::new(entry.at, texts), texts.get(text));
    lines.push(ShownActivity { at, event: entry.event.to_string(), text, times: 1 });
}
