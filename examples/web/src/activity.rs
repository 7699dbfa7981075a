use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use doorward::event::{Event, EventKind};
use doorward::{Observer, UserId};
use time::OffsetDateTime;

/// What happened around each account lately, to be shown to its owner. In memory, since it is for looking at; a host that
/// keeps events for longer hands them to a task of its own that writes, because `observe` has to return at once.
#[derive(Clone, Debug, Default)]
pub struct Activity(Arc<Mutex<HashMap<UserId, VecDeque<Happened>>>>);

#[derive(Clone, Debug)]
pub struct Happened {
    /// The last time.
    pub at: OffsetDateTime,
    pub words: &'static str,
    pub times: u64,
    anybodys: bool,
}

impl Activity {
    const EVENTS_PER_USER: usize = 20;
    const USERS: usize = 10_000;

    /// The newest first.
    pub fn of(&self, user: &UserId) -> Vec<Happened> {
        let all = self.0.lock().unwrap();
        all.get(user).map(|events| events.iter().rev().cloned().collect()).unwrap_or_default()
    }
}

impl Observer for Activity {
    fn observe(&self, event: &Event) {
        let (Some(user), Some(words)) = (&event.user_id, words(&event.kind)) else { return };
        let mut all = self.0.lock().unwrap();
        if all.len() >= Self::USERS && !all.contains_key(user) {
            let oldest = all.iter().min_by_key(|(_, events)| events.back().map(|newest| newest.at));
            if let Some(oldest) = oldest.map(|(user, _)| user.clone()) {
                all.remove(&oldest);
            }
        }
        let events = all.entry(user.clone()).or_default();
        let mut happened = Happened { at: event.at, words, times: 1, anybodys: is_anybodys(&event.kind) };
        // What strangers do is one line of each kind, so that they push nothing out.
        let before = |other: &Happened| happened.anybodys && other.anybodys && other.words == words;
        if let Some(index) = events.iter().position(before) {
            happened.times += events.remove(index).map_or(0, |before| before.times);
        }
        events.push_back(happened);
        if events.len() > Self::EVENTS_PER_USER {
            events.pop_front();
        }
    }
}

/// What can be made to happen by anybody who knows the address.
fn is_anybodys(kind: &EventKind) -> bool {
    matches!(kind, EventKind::SignInFailed { .. } | EventKind::Throttled { .. } | EventKind::ResetLinkIssued)
}

/// `None` for what is no news to the owner, such as a step between.
fn words(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::Provisioned => "Account opened",
        EventKind::WelcomeReissued => "First password mailed again",
        EventKind::SignedIn { .. } => "Signed in",
        EventKind::SignInFailed { .. } => "Sign-in failed",
        EventKind::Throttled { .. } => "Try came too early and was not looked at",
        EventKind::SecondFactorFailed => "Wrong code",
        EventKind::ManyWrongCodes => "Many wrong codes",
        EventKind::SecondFactorEnabled => "Authenticator app set up",
        EventKind::SecondFactorDisabled => "Authenticator app turned off",
        EventKind::SecondFactorReset { .. } => "Authenticator app taken off by our support",
        EventKind::RecoveryCodesRegenerated => "New recovery codes made",
        EventKind::Reauthenticated { .. } => "Confirmed who it is",
        EventKind::ReauthenticationFailed => "Failed to confirm who it is",
        EventKind::PasswordChanged => "Password changed",
        EventKind::PasswordChangeFailed => "Password change with a wrong current password",
        EventKind::ResetLinkIssued => "Password reset asked for",
        EventKind::ResetConfirmed => "Password reset confirmed",
        EventKind::ResetCompleted => "Password reset",
        EventKind::DeviceGranted => "New browser remembered",
        EventKind::DeviceRevoked => "Browser signed out",
        EventKind::SignedOutEverywhere => "All other browsers signed out",
        EventKind::Deactivated => "Account deactivated",
        EventKind::Reactivated => "Account reactivated",
        EventKind::PasswordChangeRequired => "Password change required by our support",
        EventKind::MarkedCompromised => "Password voided by our support",
        _ => return None,
    })
}
