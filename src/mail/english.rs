//! Every English word that is mailed.

use core::time::Duration;

use time::{OffsetDateTime, UtcOffset};

use super::letter::{Block, Letter};
use super::{Mail, MailKind};
use crate::types::Support;

pub(super) fn letter(mail: &Mail) -> Letter {
    let site = mail.site.name();
    let paragraph = |words: String| Block::Paragraph(words);
    let (subject, mut blocks) = match &mail.kind {
        MailKind::Welcome { temporary_password, lifetime, expires_at } => (
            format!("Your new account – {site}"),
            vec![
                paragraph(format!("An account was opened for you at {site}. This is your first password:")),
                Block::Password(temporary_password.expose().to_owned()),
                paragraph(works(*lifetime, *expires_at)),
                sign_in(mail, "Sign in with it; you will then choose a password of your own:"),
                paragraph(
                    "This account is for you alone. Never share its password, and let nobody sign in for you; whoever \
                     needs access gets an account of their own."
                        .to_owned(),
                ),
            ],
        ),
        MailKind::ConfirmReset { link, lifetime, expires_at } => (
            format!("Confirm your password reset – {site}"),
            vec![
                paragraph(format!("Somebody, probably you, asked for a new password at {site}.")),
                Block::Link {
                    words: "If it was you, confirm it here. A temporary password will then be mailed to you:"
                        .to_owned(),
                    href: link.expose().to_owned(),
                },
                paragraph(works(*lifetime, *expires_at)),
                paragraph(ignored()),
            ],
        ),
        MailKind::ChooseNewPassword { link, lifetime, expires_at } => (
            format!("Choose a new password – {site}"),
            vec![
                paragraph(format!("Somebody, probably you, asked for a new password at {site}.")),
                Block::Link {
                    words: "If it was you, choose a new password here:".to_owned(),
                    href: link.expose().to_owned(),
                },
                paragraph(works(*lifetime, *expires_at)),
                paragraph(ignored()),
            ],
        ),
        MailKind::TemporaryPassword { temporary_password, lifetime, expires_at } => (
            format!("Your temporary password – {site}"),
            vec![
                paragraph(format!("You confirmed that you want a new password at {site}. This is a temporary one:")),
                Block::Password(temporary_password.expose().to_owned()),
                paragraph(works(*lifetime, *expires_at)),
                sign_in(mail, "Sign in with it; you will then choose a new password of your own:"),
                paragraph("Until you have done so, your old password stays as it is.".to_owned()),
            ],
        ),
        MailKind::PasswordChanged { at } => (
            format!("Your password was changed – {site}"),
            vec![
                paragraph(format!("The password of your account at {site} was changed on {}.", moment(*at))),
                paragraph("Every other browser and device has been signed out.".to_owned()),
                paragraph(not_you()),
            ],
        ),
        MailKind::ResetCompleted { at } => (
            format!("Your password was reset – {site}"),
            vec![
                paragraph(format!("A new password was chosen for your account at {site} on {}.", moment(*at))),
                paragraph("Every other browser and device has been signed out.".to_owned()),
                paragraph(not_you()),
            ],
        ),
        MailKind::SecondFactorEnabled { at } => (
            format!("Two-factor sign-in is on – {site}"),
            vec![
                paragraph(format!(
                    "An authenticator app was set up for your account at {site} on {}. From now on a code of it is asked for \
                     when you sign in.",
                    moment(*at)
                )),
                paragraph("Keep your recovery codes where you find them without your phone.".to_owned()),
                paragraph(not_you()),
            ],
        ),
        MailKind::SecondFactorDisabled { by_operator, at } => {
            let by = if *by_operator { " by our support" } else { "" };
            (
                format!("Two-factor sign-in is off – {site}"),
                vec![
                    paragraph(format!(
                        "Two-factor sign-in of your account at {site} was turned off{by} on {}. Your password alone signs in \
                         from now on.",
                        moment(*at)
                    )),
                    paragraph(not_you()),
                ],
            )
        }
        MailKind::RecoveryCodeUsed { left, at } => {
            let rest = match left {
                0 => "It was the last one. Make new ones in your security settings now.".to_owned(),
                1..=3 => format!("Only {left} left. Make new ones in your security settings."),
                _ => format!("{left} are left."),
            };
            (
                format!("A recovery code was used – {site}"),
                vec![
                    paragraph(format!(
                        "A recovery code was used in place of your authenticator app at {site} on {}.",
                        moment(*at)
                    )),
                    paragraph(rest),
                    paragraph(not_you()),
                ],
            )
        }
        MailKind::RecoveryCodesRegenerated { at } => (
            format!("You have new recovery codes – {site}"),
            vec![
                paragraph(format!(
                    "New recovery codes were made for your account at {site} on {}. Those from before work no longer.",
                    moment(*at)
                )),
                paragraph(not_you()),
            ],
        ),
        MailKind::WrongCode { at } => (
            format!("Your password was used with a wrong code – {site}"),
            vec![
                paragraph(format!(
                    "Somebody gave the password of your account at {site} on {}, but not a right code after it, and is not \
                     signed in.",
                    moment(*at)
                )),
                paragraph(
                    "If it was you, you need not do anything. If it was not, somebody knows your password: choose \
                     \"Forgot your password?\" on the sign-in page at once, and tell us."
                        .to_owned(),
                ),
            ],
        ),
        MailKind::NewDevice { at } => (
            format!("A new browser signed in – {site}"),
            vec![
                paragraph(format!(
                    "Somebody signed in to your account at {site} on {} from a browser that was not known before.",
                    moment(*at)
                )),
                paragraph(not_you()),
            ],
        ),
    };
    blocks.push(support(mail.site.support()));
    Letter { subject, blocks }
}

fn sign_in(mail: &Mail, words: &str) -> Block {
    Block::Link { words: words.to_owned(), href: mail.site.sign_in_url() }
}

fn support(contact: &Support) -> Block {
    let words = match contact {
        Support::Email(_) => "Questions? Write to",
        Support::Link(_) => "Questions? Reach us at",
    };
    Block::Contact { words: words.to_owned(), shown: contact.as_str().to_owned(), href: contact.href() }
}

fn ignored() -> String {
    "If it was not you, you need not do anything: nothing has changed, and your password stays as it is.".to_owned()
}

fn not_you() -> String {
    "If it was not you, choose \"Forgot your password?\" on the sign-in page at once, and tell us.".to_owned()
}

/// "It works for one hour, until 25 November 2026, 10:15 UTC."
fn works(lifetime: Duration, expires_at: OffsetDateTime) -> String {
    format!("It works for {}, until {}.", in_words(lifetime), moment(expires_at))
}

/// Rounded down to the minute, so that what is promised holds.
fn moment(at: OffsetDateTime) -> String {
    let at = at.checked_to_offset(UtcOffset::UTC).unwrap_or(at);
    format!("{} {} {}, {:02}:{:02} UTC", at.day(), at.month(), at.year(), at.hour(), at.minute())
}

/// In the largest unit that divides it, never rounded up.
fn in_words(lifetime: Duration) -> String {
    let seconds = lifetime.as_secs();
    match seconds {
        3_600 => "one hour".to_owned(),
        seconds if seconds >= 7_200 && seconds % 3_600 == 0 => format!("{} hours", seconds / 3_600),
        seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}
