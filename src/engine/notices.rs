//! The mails that notices become, and the names of mails in events.

use time::OffsetDateTime;

use crate::mail::MailKind;
use crate::user::{Notice, OwedMail};

/// The name of a mail, as its kind has it.
pub(super) fn mail_name(mail: OwedMail, links_set_passwords: bool) -> &'static str {
    match mail {
        OwedMail::Welcome => "welcome",
        OwedMail::TemporaryPassword => "temporary_password",
        OwedMail::ResetLink if links_set_passwords => "choose_new_password",
        OwedMail::ResetLink => "confirm_reset",
        OwedMail::EmailUndo => "email_changed",
        OwedMail::DeletionRequested => "deletion_requested",
        OwedMail::Notice(notice) => notified(notice, OffsetDateTime::UNIX_EPOCH).name(),
    }
}

/// The notice of something that happened then.
pub(super) fn notified(notice: Notice, at: OffsetDateTime) -> MailKind {
    match notice {
        Notice::PasswordChanged => MailKind::PasswordChanged { at },
        Notice::ResetCompleted => MailKind::ResetCompleted { at },
        Notice::SecondFactorEnabled => MailKind::SecondFactorEnabled { at },
        Notice::SecondFactorDisabled { by_operator } => MailKind::SecondFactorDisabled { by_operator, at },
        Notice::RecoveryCodeUsed { left } => MailKind::RecoveryCodeUsed { left, at },
        Notice::RecoveryCodesRegenerated => MailKind::RecoveryCodesRegenerated { at },
        Notice::WrongCode => MailKind::WrongCode { at },
        Notice::NewDevice => MailKind::NewDevice { at },
        Notice::SignInAfterFailures { failures } => MailKind::SignInAfterFailures { failures, at },
        Notice::PasswordChangeForced => MailKind::PasswordChangeForced { at },
        Notice::MarkedCompromised => MailKind::MarkedCompromised { at },
        Notice::SharingReminder => MailKind::SharingReminder {},
        Notice::Registered => MailKind::Registered { at },
        Notice::EmailChangeRequested => MailKind::EmailChangeRequested { at },
        Notice::EmailConfirmed => MailKind::EmailConfirmed { at },
        Notice::EmailChangedByOperator => MailKind::EmailChangedByOperator { to_new_address: false, at },
        Notice::EmailSetByOperator => MailKind::EmailChangedByOperator { to_new_address: true, at },
        Notice::DeletionUndone => MailKind::DeletionUndone { at },
    }
}
