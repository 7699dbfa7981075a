//! Which texts and values make up each mail, in which order. Contains no wording.

use core::time::Duration;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::letter::{Block, Letter};
use super::{Mail, MailKind};
use crate::types::{ResetLink, SupportContact, TemporaryPassword};

pub(super) fn letter(mail: &Mail) -> Letter {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    let (subject, mut blocks) = content(mail);
    let contact = site.support();
    let words = match contact {
        SupportContact::Email(address) => texts.write_to(address),
        SupportContact::Link(link) => texts.reach_at(link),
    };
    blocks.push(Block::Contact { words, shown: contact.as_str().to_owned(), href: contact.href() });
    Letter { language: texts.language().to_owned(), right_to_left: texts.right_to_left(), subject, blocks }
}

/// The subject, and what stands above the contact.
fn content(mail: &Mail) -> (String, Vec<Block>) {
    let (site, texts) = (&mail.site, mail.texts.as_ref());
    let sign_in = |words| Block::Link { words, href: Zeroizing::new(site.sign_in_url()) };
    match &mail.kind {
        MailKind::Welcome { temporary_password, lifetime, expires_at } => {
            let before = texts.welcome_password(site);
            let mut blocks = password(mail, before, temporary_password, *lifetime, *expires_at);
            blocks.extend([sign_in(texts.welcome_sign_in()), Block::Paragraph(texts.welcome_for_you_alone())]);
            (texts.welcome_subject(site), blocks)
        }
        MailKind::ConfirmReset { link, lifetime, expires_at } => {
            (texts.confirm_reset_subject(site), reset(mail, texts.confirm_reset_link(), link, *lifetime, *expires_at))
        }
        MailKind::ChooseNewPassword { link, lifetime, expires_at } => (
            texts.choose_new_password_subject(site),
            reset(mail, texts.choose_new_password_link(), link, *lifetime, *expires_at),
        ),
        MailKind::TemporaryPassword { temporary_password, lifetime, expires_at } => {
            let before = texts.temporary_password(site);
            let mut blocks = password(mail, before, temporary_password, *lifetime, *expires_at);
            blocks.extend([sign_in(texts.temporary_password_sign_in()), Block::Paragraph(texts.old_password_stays())]);
            (texts.temporary_password_subject(site), blocks)
        }
        MailKind::PasswordChanged { at } => notice(
            texts.password_changed_subject(site),
            [texts.password_changed(site, *at), texts.others_signed_out(), texts.not_you()],
        ),
        MailKind::ResetCompleted { at } => notice(
            texts.reset_completed_subject(site),
            [texts.reset_completed(site, *at), texts.others_signed_out(), texts.not_you()],
        ),
        MailKind::SecondFactorEnabled { at } => notice(
            texts.second_factor_enabled_subject(site),
            [texts.second_factor_enabled(site, *at), texts.keep_recovery_codes(), texts.not_you()],
        ),
        MailKind::SecondFactorDisabled { by_operator, at } => {
            let told = match by_operator {
                true => texts.second_factor_disabled_by_operator(site, *at),
                false => texts.second_factor_disabled(site, *at),
            };
            notice(texts.second_factor_disabled_subject(site), [told, texts.not_you()])
        }
        MailKind::RecoveryCodeUsed { left, at } => notice(
            texts.recovery_code_used_subject(site),
            [texts.recovery_code_used(site, *at), texts.recovery_codes_left(*left), texts.not_you()],
        ),
        MailKind::RecoveryCodesRegenerated { at } => notice(
            texts.recovery_codes_regenerated_subject(site),
            [texts.recovery_codes_regenerated(site, *at), texts.not_you()],
        ),
        MailKind::WrongCode { at } => {
            notice(texts.wrong_code_subject(site), [texts.wrong_code(site, *at), texts.wrong_code_advice()])
        }
        MailKind::NewDevice { at } => {
            notice(texts.new_device_subject(site), [texts.new_device(site, *at), texts.not_you()])
        }
    }
}

/// A mail that reports an event.
fn notice<const N: usize>(subject: String, paragraphs: [String; N]) -> (String, Vec<Block>) {
    (subject, paragraphs.into_iter().map(Block::Paragraph).collect())
}

fn password(
    mail: &Mail,
    before: String,
    password: &TemporaryPassword,
    lifetime: Duration,
    expires_at: OffsetDateTime,
) -> Vec<Block> {
    vec![
        Block::Paragraph(before),
        Block::Password(Zeroizing::new(password.expose().to_owned())),
        Block::Paragraph(mail.texts.works(lifetime, expires_at)),
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
