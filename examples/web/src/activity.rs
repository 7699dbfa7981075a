use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use doorward::event::{Event, EventKind};
use doorward::{Observer, UserId};
use time::OffsetDateTime;

/// Recent events per account, shown to its owner. Kept in memory for display only; a host that keeps events longer passes them
/// to a task that writes them, because `observe` must return at once.
#[derive(Clone, Debug, Default)]
pub struct Activity(Arc<Mutex<HashMap<UserId, VecDeque<Happened>>>>);

#[derive(Clone, Debug)]
pub struct Happened {
    /// The most recent time.
    pub at: OffsetDateTime,
    pub words: &'static str,
    pub times: u64,
    anybodys: bool,
}

impl Activity {
    const EVENTS_PER_USER: usize = 20;
    const USERS: usize = 10_000;

    /// Newest first.
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
        // Events anyone can cause share one line per kind, so that a flood of them evicts nothing.
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

/// Whether anyone who knows the address can cause it.
fn is_anybodys(kind: &EventKind) -> bool {
    matches!(kind, EventKind::SignInFailed { .. } | EventKind::Throttled { .. } | EventKind::ResetLinkIssued)
}

/// `None` for events that do not matter to the owner, such as intermediate steps.
fn words(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::Provisioned => "Account created",
        EventKind::WelcomeReissued => "New first password emailed",
        EventKind::SignedIn { .. } => "Signed in",
        EventKind::SignInFailed { .. } => "Sign-in failed",
        EventKind::Throttled { .. } => "Sign-in attempt came too soon and was not checked",
        EventKind::SecondFactorFailed { .. } => "Wrong code",
        EventKind::ManyWrongCodes => "Many wrong codes",
        EventKind::SecondFactorEnabled => "Authenticator app set up",
        EventKind::SecondFactorDisabled => "Authenticator app turned off",
        EventKind::SecondFactorReset { .. } => "Authenticator app removed by our support team",
        EventKind::RecoveryCodesRegenerated => "New recovery codes created",
        EventKind::Reauthenticated { .. } => "Identity confirmed",
        EventKind::ReauthenticationFailed => "Failed to confirm identity",
        EventKind::PasswordChanged => "Password changed",
        EventKind::PasswordChangeFailed => "Password change failed: wrong current password",
        EventKind::ResetLinkIssued => "Password reset requested",
        EventKind::ResetConfirmed => "Password reset confirmed",
        EventKind::ResetCompleted => "Password reset completed",
        EventKind::DeviceGranted => "New browser remembered",
        EventKind::DeviceRevoked => "Browser signed out",
        EventKind::SignedOut => "Signed out",
        EventKind::SessionRevoked => "A browser signed out from another one",
        EventKind::SignedOutEverywhere => "All other browsers signed out",
        EventKind::Deactivated => "Account deactivated",
        EventKind::Reactivated => "Account reactivated",
        EventKind::PasswordChangeForced => "Password change required by our support team",
        EventKind::MarkedCompromised => "Password invalidated by our support team",
        _ => return None,
    })
}
