//! Which texts and values make up each mail, in which order. Contains no wording.

use core::time::Duration;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::letter::{Block, Letter};
use super::{Mail, MailKind};
use crate::types::{MailLink, SupportContact, TemporaryPassword};

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
        MailKind::ConfirmEmailChange { .. } => texts.confirm_email_change_subject(site),
        MailKind::EmailChangeRequested { .. } => texts.email_change_requested_subject(site),
        MailKind::EmailInUse { .. } => texts.email_in_use_subject(site),
        MailKind::EmailChanged { .. } | MailKind::EmailChangedByOperator { .. } => texts.email_changed_subject(site),
        MailKind::EmailConfirmed { .. } => texts.email_confirmed_subject(site),
    }
}

/// What stands above the contact.
fn blocks(mail: &Mail) -> Vec<Block> {
    with_a_secret(mail).unwrap_or_else(|| report(mail))
}

/// A mail that carries a password or a link; `None` for any other.
fn with_a_secret(mail: &Mail) -> Option<Vec<Block>> {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    Some(match &mail.kind {
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
        MailKind::TemporaryPassword { temporary_password, old_password_works, lifetime, expires_at } => {
            let [before, after] = match old_password_works {
                true => [texts.temporary_password(site), texts.old_password_stays()],
                false => [texts.temporary_password_alone(site), texts.old_password_void()],
            };
            let words = [before, texts.temporary_password_sign_in(), after];
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
        _ => return None,
    })
}

/// A mail that tells of something.
fn report(mail: &Mail) -> Vec<Block> {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    match &mail.kind {
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
        MailKind::PasswordChangeForced { .. }
        | MailKind::MarkedCompromised { .. }
        | MailKind::EmailChangedByOperator { .. } => by_operator(mail),
        MailKind::SharingReminder {} => {
            notice([texts.sharing_reminder(site), texts.account_for_a_colleague(), texts.change_a_known_password()])
        }
        MailKind::ConfirmEmailChange { .. }
        | MailKind::EmailChangeRequested { .. }
        | MailKind::EmailInUse { .. }
        | MailKind::EmailChanged { .. }
        | MailKind::EmailConfirmed { .. } => address(mail),
        // They carry a secret.
        MailKind::Welcome { .. }
        | MailKind::ConfirmReset { .. }
        | MailKind::ChooseNewPassword { .. }
        | MailKind::TemporaryPassword { .. }
        | MailKind::ConfirmRegistration { .. }
        | MailKind::Invitation { .. } => Vec::new(),
    }
}

/// What stands above the contact of a mail about the address of an account.
fn address(mail: &Mail) -> Vec<Block> {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    match &mail.kind {
        MailKind::ConfirmEmailChange { link, lifetime, expires_at } => vec![
            Block::Paragraph(texts.confirm_email_change(site)),
            Block::Link { words: texts.confirm_email_change_link(), href: Zeroizing::new(link.expose().to_owned()) },
            Block::Paragraph(texts.works(*lifetime, *expires_at)),
            Block::Paragraph(texts.ignore_email_change()),
        ],
        MailKind::EmailChanged { link, at, expires_at } => vec![
            Block::Paragraph(texts.email_changed(site, *at)),
            Block::Link { words: texts.email_undo_link(), href: Zeroizing::new(link.expose().to_owned()) },
            Block::Paragraph(texts.email_undo(*expires_at)),
        ],
        MailKind::EmailChangeRequested { at } => {
            notice([texts.email_change_requested(site, *at), texts.email_change_requested_advice()])
        }
        MailKind::EmailInUse { at } => notice([texts.email_in_use(site, *at), texts.email_in_use_advice()]),
        MailKind::EmailConfirmed { at } => notice([texts.email_confirmed(site, *at), texts.others_signed_out()]),
        _ => Vec::new(),
    }
}

/// What stands above the contact of a mail about what an operator did.
fn by_operator(mail: &Mail) -> Vec<Block> {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    match &mail.kind {
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
        MailKind::EmailChangedByOperator { to_new_address: true, at } => {
            notice([texts.email_set_by_operator(site, *at), texts.signed_out_everywhere()])
        }
        MailKind::EmailChangedByOperator { to_new_address: false, at } => {
            notice([texts.email_changed_by_operator(site, *at), texts.email_changed_by_operator_advice()])
        }
        _ => Vec::new(),
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
    link: &MailLink,
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
fn deletion(mail: &Mail, link: &MailLink, gone_at: OffsetDateTime) -> Vec<Block> {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    vec![
        Block::Paragraph(texts.deletion_requested(site, gone_at)),
        Block::Link { words: texts.deletion_undo_link(), href: Zeroizing::new(link.expose().to_owned()) },
        Block::Paragraph(texts.deletion_undo_until(gone_at)),
        Block::Paragraph(texts.deletion_not_you()),
    ]
}

fn reset(mail: &Mail, words: String, link: &MailLink, lifetime: Duration, expires_at: OffsetDateTime) -> Vec<Block> {
    vec![
        Block::Paragraph(mail.texts.reset_requested(&mail.site)),
        Block::Link { words, href: Zeroizing::new(link.expose().to_owned()) },
        Block::Paragraph(mail.texts.works(lifetime, expires_at)),
        Block::Paragraph(mail.texts.ignore_reset()),
    ]
}
