//! A preview of every kind of mail.

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

use super::{English, Mail, MailKind};
use crate::types::{
    Holder, RegistrationToken, ResetToken, SecretBytes, Site, TemporaryPassword, UserId, WireToken, after,
    grouped_base32,
};

const HOUR: Duration = Duration::from_secs(3600);

/// 25 November 2026, 9:00 UTC. Previews are always the same, so that they can be compared.
fn moment() -> OffsetDateTime {
    after(OffsetDateTime::UNIX_EPOCH, Duration::from_secs(1_795_597_200))
}

fn temporary(temporary_password: TemporaryPassword, old_password_works: bool, at: OffsetDateTime) -> MailKind {
    let (lifetime, expires_at) = (HOUR, after(at, HOUR));
    MailKind::TemporaryPassword { temporary_password, old_password_works, lifetime, expires_at }
}

/// Every kind, several times if the wording depends on a value.
pub(super) fn previews(site: &Site) -> Vec<Mail> {
    let at = moment();
    // Formatted like real values but belonging to no one: the alphabet in order, and all zeros.
    let letters: Vec<u8> = (0..28).collect();
    let password = || TemporaryPassword::new(grouped_base32(&letters));
    let holder = Holder::Clear(UserId::from_random([0; 16]));
    let token = ResetToken(WireToken { holder, secret: SecretBytes::new([0; 32]) });
    let link = || site.reset_link(&token);
    let undo = || site.deletion_link(&ResetToken(token.0.clone()));
    let content = Holder::Content([0; 128].into());
    let registration = || {
        let token = WireToken { holder: content.clone(), secret: SecretBytes::new([0; 32]) };
        site.registration_link(&RegistrationToken(token))
    };
    let [confirm, email_undo] = [site.email_confirm_link(&token), site.email_undo_link(&token)];
    let day = 24 * HOUR;
    let kinds = [
        MailKind::Welcome { temporary_password: password(), lifetime: day, expires_at: after(at, day) },
        MailKind::ConfirmReset { link: link(), lifetime: HOUR, expires_at: after(at, HOUR) },
        MailKind::ChooseNewPassword { link: link(), lifetime: HOUR, expires_at: after(at, HOUR) },
        temporary(password(), true, at),
        temporary(password(), false, at),
        MailKind::PasswordChanged { at },
        MailKind::ResetCompleted { at },
        MailKind::SecondFactorEnabled { at },
        MailKind::SecondFactorDisabled { by_operator: false, at },
        MailKind::SecondFactorDisabled { by_operator: true, at },
        MailKind::RecoveryCodeUsed { left: 9, at },
        MailKind::RecoveryCodeUsed { left: 1, at },
        MailKind::RecoveryCodeUsed { left: 0, at },
        MailKind::RecoveryCodesRegenerated { at },
        MailKind::WrongCode { at },
        MailKind::NewDevice { at },
        MailKind::SignInAfterFailures { failures: 12, at },
        MailKind::SignInAfterFailures { failures: 1, at },
        MailKind::PasswordChangeForced { at },
        MailKind::MarkedCompromised { at },
        MailKind::SharingReminder {},
        MailKind::ConfirmRegistration { link: registration(), lifetime: HOUR, expires_at: after(at, HOUR) },
        MailKind::Invitation { link: registration(), lifetime: 7 * day, expires_at: after(at, 7 * day) },
        MailKind::AlreadyRegistered {},
        MailKind::Registered { at },
        MailKind::ConfirmEmailChange { link: confirm, lifetime: HOUR, expires_at: after(at, HOUR) },
        MailKind::EmailChangeRequested { at },
        MailKind::EmailInUse { at },
        MailKind::EmailChanged { link: email_undo, at, expires_at: after(at, 7 * day) },
        MailKind::EmailConfirmed { at },
        MailKind::EmailChangedByOperator { to_new_address: false, at },
        MailKind::EmailChangedByOperator { to_new_address: true, at },
        MailKind::DeletionRequested { link: undo(), lifetime: 14 * day, expires_at: after(at, 14 * day) },
        MailKind::DeletionUndone { at },
        MailKind::AccountDeleted { at },
    ];
    let texts = Arc::new(English);
    kinds.into_iter().map(|kind| Mail::new(kind, site, texts.clone(), at)).collect()
}
