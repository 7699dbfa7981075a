//! Which texts and values make up each mail, in which order. Contains no wording.

use core::time::Duration;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::letter::{Block, Letter};
use super::{Mail, MailKind};
use crate::types::{ResetLink, SupportContact, TemporaryPassword};

pub(super) fn letter(mail: &Mail) -> Letter {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    let (subject, mut blocks) = (subject(mail), blocks(mail));
    let contact = site.support();
    let words = match contact {
        SupportContact::Email(address) => texts.write_to(address),
        SupportContact::Link(link) => texts.reach_at(link),
    };
    blocks.push(Block::Contact { words, shown: contact.as_str().to_owned(), href: contact.href() });
    Letter { language: texts.language().to_owned(), right_to_left: texts.right_to_left(), subject, blocks }
}

fn subject(mail: &Mail) -> String {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    match &mail.kind {
        MailKind::Welcome { .. } => texts.welcome_subject(site),
        MailKind::ConfirmReset { .. } => texts.confirm_reset_subject(site),
        MailKind::ChooseNewPassword { .. } => texts.choose_new_password_subject(site),
        MailKind::TemporaryPassword { .. } => texts.temporary_password_subject(site),
        MailKind::ConfirmRegistration { .. } => texts.confirm_registration_subject(site),
        MailKind::Invitation { .. } => texts.invitation_subject(site),
        MailKind::AlreadyRegistered {} => texts.already_registered_subject(site),
        MailKind::Registered { .. } => texts.registered_subject(site),
        MailKind::DeletionRequested { .. } => texts.deletion_requested_subject(site),
        MailKind::DeletionUndone { .. } => texts.deletion_undone_subject(site),
        MailKind::AccountDeleted { .. } => texts.account_deleted_subject(site),
        MailKind::PasswordChanged { .. } => texts.password_changed_subject(site),
        MailKind::ResetCompleted { .. } => texts.reset_completed_subject(site),
        MailKind::SecondFactorEnabled { .. } => texts.second_factor_enabled_subject(site),
        MailKind::SecondFactorDisabled { .. } => texts.second_factor_disabled_subject(site),
        MailKind::RecoveryCodeUsed { .. } => texts.recovery_code_used_subject(site),
        MailKind::RecoveryCodesRegenerated { .. } => texts.recovery_codes_regenerated_subject(site),
        MailKind::WrongCode { .. } => texts.wrong_code_subject(site),
        MailKind::NewDevice { .. } => texts.new_device_subject(site),
        MailKind::SignInAfterFailures { .. } => texts.sign_in_after_failures_subject(site),
        MailKind::PasswordChangeForced { .. } => texts.password_change_forced_subject(site),
        MailKind::MarkedCompromised { .. } => texts.marked_compromised_subject(site),
        MailKind::SharingReminder { .. } => texts.sharing_reminder_subject(site),
    }
}

/// What stands above the contact.
fn blocks(mail: &Mail) -> Vec<Block> {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    match &mail.kind {
        MailKind::Welcome { temporary_password, lifetime, expires_at } => {
            let words = [texts.welcome_password(site), texts.welcome_sign_in(), texts.welcome_for_you_alone()];
            password(mail, words, temporary_password, *lifetime, *expires_at)
        }
        MailKind::ConfirmReset { link, lifetime, expires_at } => {
            reset(mail, texts.confirm_reset_link(), link, *lifetime, *expires_at)
        }
        MailKind::ChooseNewPassword { link, lifetime, expires_at } => {
            reset(mail, texts.choose_new_password_link(), link, *lifetime, *expires_at)
        }
        MailKind::TemporaryPassword { temporary_password, lifetime, expires_at } => {
            let words =
                [texts.temporary_password(site), texts.temporary_password_sign_in(), texts.old_password_stays()];
            password(mail, words, temporary_password, *lifetime, *expires_at)
        }
        MailKind::ConfirmRegistration { link: href, lifetime, expires_at } => {
            let words =
                [texts.confirm_registration(site), texts.confirm_registration_link(), texts.ignore_registration()];
            opening(mail, words, href, *lifetime, *expires_at)
        }
        MailKind::Invitation { link: href, lifetime, expires_at } => {
            let words = [texts.invitation(site), texts.confirm_registration_link(), texts.ignore_invitation()];
            opening(mail, words, href, *lifetime, *expires_at)
        }
        MailKind::AlreadyRegistered {} => {
            notice([texts.already_registered(site), texts.already_registered_advice(), texts.ignore_registration()])
        }
        MailKind::Registered { at } => {
            notice([texts.registered(site, *at), texts.welcome_for_you_alone(), texts.not_you()])
        }
        MailKind::DeletionRequested { link, expires_at, .. } => deletion(mail, link, *expires_at),
        MailKind::DeletionUndone { at } => {
            notice([texts.deletion_undone(site, *at), texts.deletion_undone_advice(), texts.not_you()])
        }
        MailKind::AccountDeleted { at } => notice([texts.account_deleted(site, *at), texts.account_deleted_advice()]),
        MailKind::PasswordChanged { at } => {
            notice([texts.password_changed(site, *at), texts.others_signed_out(), texts.not_you()])
        }
        MailKind::ResetCompleted { at } => {
            notice([texts.reset_completed(site, *at), texts.others_signed_out(), texts.not_you()])
        }
        MailKind::SecondFactorEnabled { at } => {
            notice([texts.second_factor_enabled(site, *at), texts.keep_recovery_codes(), texts.not_you()])
        }
        MailKind::SecondFactorDisabled { by_operator: true, at } => {
            notice([texts.second_factor_disabled_by_operator(site, *at), texts.not_you()])
        }
        MailKind::SecondFactorDisabled { by_operator: false, at } => {
            notice([texts.second_factor_disabled(site, *at), texts.not_you()])
        }
        MailKind::RecoveryCodeUsed { left, at } => {
            notice([texts.recovery_code_used(site, *at), texts.recovery_codes_left(*left), texts.not_you()])
        }
        MailKind::RecoveryCodesRegenerated { at } => {
            notice([texts.recovery_codes_regenerated(site, *at), texts.not_you()])
        }
        MailKind::WrongCode { at } => notice([texts.wrong_code(site, *at), texts.wrong_code_advice()]),
        MailKind::NewDevice { at } => notice([texts.new_device(site, *at), texts.not_you()]),
        MailKind::SignInAfterFailures { failures, at } => {
            notice([texts.sign_in_after_failures(site, *failures, *at), texts.sign_in_after_failures_advice()])
        }
        MailKind::PasswordChangeForced { at } => notice([
            texts.password_change_forced(site, *at),
            texts.signed_out_everywhere(),
            texts.password_change_forced_advice(),
        ]),
        MailKind::MarkedCompromised { at } => notice([
            texts.marked_compromised(site, *at),
            texts.signed_out_everywhere(),
            texts.marked_compromised_advice(),
        ]),
        MailKind::SharingReminder {} => {
            notice([texts.sharing_reminder(site), texts.account_for_a_colleague(), texts.change_a_known_password()])
        }
    }
}
/// A mail that reports an event.
fn notice<const N: usize>(paragraphs: [String; N]) -> Vec<Block> {
    paragraphs.map(Block::Paragraph).into()
}

/// The words before the password, before the link to the sign-in page, and after it.
fn password(
    mail: &Mail,
    [before, sign_in, after]: [String; 3],
    password: &TemporaryPassword,
    lifetime: Duration,
    expires_at: OffsetDateTime,
) -> Vec<Block> {
    vec![
        Block::Paragraph(before),
        Block::Password(Zeroizing::new(password.expose().to_owned())),
        Block::Paragraph(mail.texts.works(lifetime, expires_at)),
        Block::Link { words: sign_in, href: Zeroizing::new(mail.site.sign_in_url()) },
        Block::Paragraph(after),
    ]
}

/// The words before the link that opens an account, those of the link, and what to do with an unwanted one.
fn opening(
    mail: &Mail,
    [before, words, after]: [String; 3],
    link: &ResetLink,
    lifetime: Duration,
    expires_at: OffsetDateTime,
) -> Vec<Block> {
    vec![
        Block::Paragraph(before),
        Block::Link { words, href: Zeroizing::new(link.expose().to_owned()) },
        Block::Paragraph(mail.texts.works(lifetime, expires_at)),
        Block::Paragraph(after),
    ]
}

/// That the account will be deleted, the link that undoes it, and what to do if someone else asked.
fn deletion(mail: &Mail, link: &ResetLink, gone_at: OffsetDateTime) -> Vec<Block> {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    vec![
        Block::Paragraph(texts.deletion_requested(site, gone_at)),
        Block::Link { words: texts.deletion_undo_link(), href: Zeroizing::new(link.expose().to_owned()) },
        Block::Paragraph(texts.deletion_undo_until(gone_at)),
        Block::Paragraph(texts.deletion_not_you()),
    ]
}

fn reset(mail: &Mail, words: String, link: &ResetLink, lifetime: Duration, expires_at: OffsetDateTime) -> Vec<Block> {
    vec![
        Block::Paragraph(mail.texts.reset_requested(&mail.site)),
        Block::Link { words, href: Zeroizing::new(link.expose().to_owned()) },
        Block::Paragraph(mail.texts.works(lifetime, expires_at)),
        Block::Paragraph(mail.texts.ignore_reset()),
    ]
}
