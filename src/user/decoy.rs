//! The decoy: a user who does not exist, made by the same transitions as real ones.

use core::time::Duration;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::challenge::ChallengeLimits;
use super::codes::AcceptedCode;
use super::device::{DeviceLimits, Evicts};
use super::enrollment::NewTotp;
use super::fresh::Fresh;
use super::owed_mail::MOST_EMAIL_UNDOS;
use super::password::NewCredential;
use super::progress::Progress;
use super::reset::{LinkLimits, NewLink};
use super::session::OpenSession;
use super::session_limits::{SessionLimits, SessionWish};
use super::state::User;
use super::stored::{Assurance, EmailUndo, Extra, NextStep, PendingEmail};
use crate::hashing::{PasswordHash, StoredHash};
use crate::second_factor::RecoveryCodes;
use crate::second_factor::{TotpAlgorithm, TotpParams};
use crate::session::{AuthMethod, Authentication, SessionLifetimes};
use crate::throttle::Cooldown;
use crate::types::{DeviceId, Digest, Email, Epoch, SecretBytes, SessionId, Span, UserId, Version, after};

/// The most devices, links and challenges that a user has by default.
pub(crate) const MOST_DEVICES: usize = 20;
pub(crate) const MOST_LINKS: usize = 12;
pub(crate) const MOST_CHALLENGES_PER_CLASS: usize = 5;
/// The sessions that a user has by default, and the most that can be set.
pub(crate) const USUAL_SESSIONS: usize = 20;
pub(crate) const MOST_SESSIONS: usize = 50;

/// The changes of the address that may wait for their confirmation.
pub(crate) const MOST_PENDING_EMAILS: usize = 3;

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// As long as a sealed secret of 20 bytes.
const SEALED: &str =
    "$sealed$v=1$k=2026-11$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXAAECAwQFBgcICQoLDA0ODxAREhMAAECAwQFBgcICQoLDA0ODw";

const SESSIONS: SessionLimits = SessionLimits {
    plain: SessionLifetimes::AAL2,
    kept: SessionLifetimes::AAL1,
    at_most: MOST_SESSIONS,
    refuses_when_full: false,
    not_before: None,
    established_after: Duration::ZERO,
    sights: false,
    reminds_of_sharing: false,
};

/// # Panics
/// Never: the fixed texts are well formed, as the test below shows.
pub(super) fn full_size_user() -> User {
    let hour = Duration::from_secs(60 * 60);
    let now = OffsetDateTime::UNIX_EPOCH;
    let challenges =
        ChallengeLimits { lifetime: hour, per_class: MOST_CHALLENGES_PER_CLASS, tries: 10, not_before: None };
    let devices = DeviceLimits { lifetime: 24 * hour, at_most: MOST_DEVICES, protected: hour, sessions: SESSIONS };
    let links = LinkLimits { lifetime: hour, at_most: MOST_LINKS, tries: 10, temporary_lifetime: hour, cooldown: hour };
    let cooldown = Cooldown::new(Duration::ZERO, Duration::ZERO);
    let digest = Digest::new([7; 32]);
    let hash = StoredHash::plain(&PasswordHash::parse(HASH).expect("a well-formed hash"));

    let mut step = 0;
    let mut fresh = || {
        step += 1;
        fixed(step)
    };
    let id = UserId::from_random([7; 16]);
    let email = Email::parse("nobody.in.particular@decoy.invalid").expect("a well-formed address");
    let mut user = User::provision(id.clone(), email, digest, hour, now, &fresh());
    let credential = NewCredential { hash, history: 0, links_set_passwords: false };
    let (session, signed_in) = user.with_session_for_decoy(None, now, &fresh());
    user = signed_in.change_password(&session, credential, &devices, hour, now, &fresh()).2;
    user = user.with_second_factor_for_decoy(now, &fresh());
    for assurance in [Assurance::Password, Assurance::KnownDevice, Assurance::TemporaryPassword] {
        for _ in 0..challenges.per_class {
            user = user.challenged_for_decoy(assurance, &challenges, now, &fresh());
        }
    }
    for minute in 1..MOST_DEVICES {
        let later = after(now, Duration::from_secs(60 * minute as u64));
        user = user.with_device_for_decoy(&devices, later, &fresh());
    }
    for _ in 0..MOST_LINKS {
        if let NewLink::Added { user: next, .. } = user.add_reset_link(&links, &cooldown, now, &fresh()) {
            user = next;
        }
    }
    user = user.with_email_changes_for_decoy(now, &fresh());
    // One in each browser.
    for device in user.devices(now).iter().take(USUAL_SESSIONS) {
        user = user.with_session_for_decoy(Some(device.id), now, &fresh()).1;
    }
    user
}

/// Values in place of random ones; no decoy is ever stored or issued.
fn fixed(step: u8) -> Fresh {
    Fresh {
        version: Version::from_random([step; 16]),
        epoch: Epoch::from_random([step; 16]),
        user_id: UserId::from_random([step; 16]),
        device_id: DeviceId::from_random([step; 16]),
        secret: SecretBytes::new([step; 32]),
        device_secret: SecretBytes::new([step; 32]),
        session_id: SessionId::from_random([step; 16]),
        session_secret: SecretBytes::new([step; 32]),
        temporary: Zeroizing::new([step; 28]),
    }
}

fn proved_for_decoy(now: OffsetDateTime) -> Progress {
    let methods = vec![Authentication::new(AuthMethod::Password, now), Authentication::new(AuthMethod::Totp, now)];
    let wish =
        SessionWish { address: None, kept: true, label: Some("A browser of usual length on a usual system".into()) };
    Progress { assurance: Assurance::Password, methods, factor_passed: true, device: None, wish, began_at: now }
}

impl User {
    fn challenged_for_decoy(
        &self,
        assurance: Assurance,
        limits: &ChallengeLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> User {
        let proved = Progress { assurance, ..proved_for_decoy(now) };
        self.next(fresh, |document| {
            document.add_challenge(&self.id, NextStep::ChangePassword, &proved, limits, now, fresh);
        })
    }

    /// Adds an authenticator whose secret no key can open, and all recovery codes.
    fn with_second_factor_for_decoy(&self, now: OffsetDateTime, fresh: &Fresh) -> User {
        let params = TotpParams { algorithm: TotpAlgorithm::Sha1, digits: 6, window: 1 };
        let user = self.begin_enrollment(NewTotp { secret: SEALED.into(), params }, Duration::MAX, now, fresh);
        user.next(fresh, |document| {
            document.enroll(&AcceptedCode::of_no_step(), vec![Digest::new([7; 32]); RecoveryCodes::COUNT], now)
        })
    }

    /// Adds as many changes of the address as there may be, asked for and made.
    fn with_email_changes_for_decoy(&self, now: OffsetDateTime, fresh: &Fresh) -> User {
        let (digest, email, extra) = (Digest::new([7; 32]), self.email.clone(), Extra::new());
        let span = Span::starting(now, Duration::from_secs(60 * 60));
        self.next(fresh, |document| {
            let epoch = document.epoch;
            let pending = PendingEmail { digest, email: email.clone(), epoch, span, extra: extra.clone() };
            let (factor, recovery_codes) = (Some(now), Some(now));
            let undo = EmailUndo { digest, email, span, factor, recovery_codes, extra };
            document.email_changes.pending = vec![pending; MOST_PENDING_EMAILS];
            document.email_changes.undo = vec![undo; MOST_EMAIL_UNDOS - 1];
        })
    }

    fn with_session_for_decoy(
        &self,
        device: Option<DeviceId>,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> (OpenSession, User) {
        self.next_with(fresh, |document| {
            document.open_session(&self.id, proved_for_decoy(now), device, &SESSIONS, now, fresh)
        })
    }

    fn with_device_for_decoy(&self, limits: &DeviceLimits, now: OffsetDateTime, fresh: &Fresh) -> User {
        self.next(fresh, |document| {
            document.remember_device(&self.id, None, limits, Evicts::Idle, now, fresh);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::UserRow;

    #[test]
    fn the_decoy_is_a_readable_user_of_full_size() {
        let user = full_size_user();
        let once_all_are_granted = after(OffsetDateTime::UNIX_EPOCH, Duration::from_secs(30 * 60));
        assert_eq!(user.devices(once_all_are_granted).len(), MOST_DEVICES);
        let (version, snapshot) = (user.version().to_string(), user.to_snapshot());
        let row =
            UserRow { id: user.id().as_str(), email: user.email().canonical(), version: &version, snapshot: &snapshot };
        assert!(User::from_snapshot(row).expect("readable") == user);
        assert_eq!(user.document.open_sessions().len(), USUAL_SESSIONS);
        assert!(snapshot.len() > 4_000, "{}", snapshot.len());
    }
}
