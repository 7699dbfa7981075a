use core::fmt::Debug;
use core::time::Duration;

use time::{OffsetDateTime, UtcOffset};

use crate::types::Site;

/// Every word that is mailed: a method for each text, in English unless it is overridden.
///
/// Each text is whole: nothing is put together from pieces whose order another language may not share. Give
/// [`AuthBuilder::mail_texts`](crate::AuthBuilder::mail_texts) your own to replace a single text or all of them; for a language
/// per recipient, a mailer gives each mail its own with [`Mail::in_words_of`](crate::mail::Mail::in_words_of).
///
/// Texts are plain: escaping is the crate's, and what looks like markup is shown as it is. **Secrets never pass through
/// here**: passwords and links stand on lines of their own, so that no text can put one into a subject. A subject is one
/// line; control characters in it become spaces.
///
/// Texts that are not overridden stay English, also those of mails that a later release adds:
/// [`Mail::previews`](crate::mail::Mail::previews) shows what is left to translate.
///
/// ```
/// use std::sync::Arc;
/// use doorward::Site;
/// use doorward::mail::{Mail, MailTexts};
///
/// #[derive(Debug)]
/// struct German;
///
/// impl MailTexts for German {
///     fn language(&self) -> &str {
///         "de"
///     }
///     fn welcome_subject(&self, site: &Site) -> String {
///         format!("Ihr neues Konto – {}", site.name())
///     }
/// }
///
/// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// let welcome = Mail::previews(&site).remove(0).in_words_of(Arc::new(German));
/// assert_eq!(welcome.subject(), "Ihr neues Konto – Acme");
/// assert!(welcome.html().contains("<html lang=\"de\""));
/// assert!(welcome.text().contains("This is your first password"), "not translated yet");
/// # Ok::<(), doorward::error::SiteError>(())
/// ```
pub trait MailTexts: Debug + Send + Sync + 'static {
    /// The language, as a BCP 47 tag: `lang` of the HTML part.
    fn language(&self) -> &str {
        "en"
    }

    /// Whether it is written from right to left: `dir` of the HTML part.
    fn right_to_left(&self) -> bool {
        false
    }

    /// An instant, as it stands in a sentence: absolute, with its time zone, since mails are read anywhere. Rounded down to
    /// the minute, so that what is promised holds.
    fn moment(&self, at: OffsetDateTime) -> String {
        let at = at.checked_to_offset(UtcOffset::UTC).unwrap_or(at);
        format!("{} {} {}, {:02}:{:02} UTC", at.day(), at.month(), at.year(), at.hour(), at.minute())
    }

    /// A lifetime, as it stands in a sentence: in the largest unit that divides it, never rounded up.
    fn duration(&self, duration: Duration) -> String {
        match duration.as_secs() {
            3_600 => "one hour".to_owned(),
            seconds if seconds >= 7_200 && seconds % 3_600 == 0 => format!("{} hours", seconds / 3_600),
            seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
            1 => "one second".to_owned(),
            seconds => format!("{seconds} seconds"),
        }
    }

    /// How long a password or a link works, and until when.
    fn works(&self, lifetime: Duration, expires_at: OffsetDateTime) -> String {
        format!("It works for {}, until {}.", self.duration(lifetime), self.moment(expires_at))
    }

    /// What to do if it was somebody else who asked for a reset.
    fn ignore_reset(&self) -> String {
        "If it was not you, you need not do anything: nothing has changed, and your password stays as it is.".to_owned()
    }

    /// What to do if it was somebody else who did what the mail tells.
    fn not_you(&self) -> String {
        "If it was not you, choose \"Forgot your password?\" on the sign-in page at once, and tell us.".to_owned()
    }

    /// That every other session has ended.
    fn others_signed_out(&self) -> String {
        "Every other browser and device has been signed out.".to_owned()
    }

    /// Whom to ask: a sentence with the address in it, which becomes a link in the HTML part.
    fn write_to(&self, address: &str) -> String {
        format!("Questions? Write to {address}")
    }

    /// Whom to ask: a sentence with the link in it, say to a live chat.
    fn reach_at(&self, link: &str) -> String {
        format!("Questions? Reach us at {link}")
    }

    /// [`Welcome`](crate::mail::MailKind::Welcome): the subject.
    fn welcome_subject(&self, site: &Site) -> String {
        format!("Your new account – {}", site.name())
    }

    /// Stands before the first password.
    fn welcome_password(&self, site: &Site) -> String {
        format!("An account was opened for you at {}. This is your first password:", site.name())
    }

    /// Stands before the link to the sign-in page.
    fn welcome_sign_in(&self) -> String {
        "Sign in with it; you will then choose a password of your own:".to_owned()
    }

    /// That the account is for one person.
    fn welcome_for_you_alone(&self) -> String {
        "This account is for you alone. Never share its password, and let nobody sign in for you; whoever needs access gets \
         an account of their own."
            .to_owned()
    }

    /// That somebody asked for a reset: both kinds of reset link begin with it.
    fn reset_requested(&self, site: &Site) -> String {
        format!("Somebody, probably you, asked for a new password at {}.", site.name())
    }

    /// [`ConfirmReset`](crate::mail::MailKind::ConfirmReset): the subject.
    fn confirm_reset_subject(&self, site: &Site) -> String {
        format!("Confirm your password reset – {}", site.name())
    }

    /// Stands before the link that confirms.
    fn confirm_reset_link(&self) -> String {
        "If it was you, confirm it here. A temporary password will then be mailed to you:".to_owned()
    }

    /// [`ChooseNewPassword`](crate::mail::MailKind::ChooseNewPassword): the subject.
    fn choose_new_password_subject(&self, site: &Site) -> String {
        format!("Choose a new password – {}", site.name())
    }

    /// Stands before the link to the choice.
    fn choose_new_password_link(&self) -> String {
        "If it was you, choose a new password here:".to_owned()
    }

    /// [`TemporaryPassword`](crate::mail::MailKind::TemporaryPassword): the subject.
    fn temporary_password_subject(&self, site: &Site) -> String {
        format!("Your temporary password – {}", site.name())
    }

    /// Stands before the temporary password.
    fn temporary_password(&self, site: &Site) -> String {
        format!("You confirmed that you want a new password at {}. This is a temporary one:", site.name())
    }

    /// Stands before the link to the sign-in page.
    fn temporary_password_sign_in(&self) -> String {
        "Sign in with it; you will then choose a new password of your own:".to_owned()
    }

    /// That nothing has changed so far.
    fn old_password_stays(&self) -> String {
        "Until you have done so, your old password stays as it is.".to_owned()
    }

    /// [`PasswordChanged`](crate::mail::MailKind::PasswordChanged): the subject.
    fn password_changed_subject(&self, site: &Site) -> String {
        format!("Your password was changed – {}", site.name())
    }

    /// That it was changed, and when.
    fn password_changed(&self, site: &Site, at: OffsetDateTime) -> String {
        format!("The password of your account at {} was changed on {}.", site.name(), self.moment(at))
    }

    /// [`ResetCompleted`](crate::mail::MailKind::ResetCompleted): the subject.
    fn reset_completed_subject(&self, site: &Site) -> String {
        format!("Your password was reset – {}", site.name())
    }

    /// That a new one was chosen, and when.
    fn reset_completed(&self, site: &Site, at: OffsetDateTime) -> String {
        format!("A new password was chosen for your account at {} on {}.", site.name(), self.moment(at))
    }

    /// [`SecondFactorEnabled`](crate::mail::MailKind::SecondFactorEnabled): the subject.
    fn second_factor_enabled_subject(&self, site: &Site) -> String {
        format!("Two-factor sign-in is on – {}", site.name())
    }

    /// That it is on, and since when.
    fn second_factor_enabled(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "An authenticator app was set up for your account at {} on {}. From now on a code of it is asked for when you sign \
             in.",
            site.name(),
            self.moment(at)
        )
    }

    /// Where recovery codes belong.
    fn keep_recovery_codes(&self) -> String {
        "Keep your recovery codes where you find them without your phone.".to_owned()
    }

    /// [`SecondFactorDisabled`](crate::mail::MailKind::SecondFactorDisabled): the subject.
    fn second_factor_disabled_subject(&self, site: &Site) -> String {
        format!("Two-factor sign-in is off – {}", site.name())
    }

    /// That its owner turned it off, and when.
    fn second_factor_disabled(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Two-factor sign-in of your account at {} was turned off on {}. No code is asked for from now on.",
            site.name(),
            self.moment(at)
        )
    }

    /// That an operator turned it off, and when.
    fn second_factor_disabled_by_operator(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Two-factor sign-in of your account at {} was turned off by our support on {}. Your password alone signs in from \
             now on.",
            site.name(),
            self.moment(at)
        )
    }

    /// [`RecoveryCodeUsed`](crate::mail::MailKind::RecoveryCodeUsed): the subject.
    fn recovery_code_used_subject(&self, site: &Site) -> String {
        format!("A recovery code was used – {}", site.name())
    }

    /// That one was used, and when.
    fn recovery_code_used(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "A recovery code was used in place of your authenticator app at {} on {}.",
            site.name(),
            self.moment(at)
        )
    }

    /// How many are left: none to some dozens. Languages differ in their plural forms, so this is theirs to decide.
    fn recovery_codes_left(&self, left: usize) -> String {
        match left {
            0 => "It was the last one. Make new ones in your security settings now.".to_owned(),
            1..=3 => format!("Only {left} left. Make new ones in your security settings."),
            _ => format!("{left} are left."),
        }
    }

    /// [`RecoveryCodesRegenerated`](crate::mail::MailKind::RecoveryCodesRegenerated): the subject.
    fn recovery_codes_regenerated_subject(&self, site: &Site) -> String {
        format!("You have new recovery codes – {}", site.name())
    }

    /// That there are new ones, and since when.
    fn recovery_codes_regenerated(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "New recovery codes were made for your account at {} on {}. Those from before work no longer.",
            site.name(),
            self.moment(at)
        )
    }

    /// [`WrongCode`](crate::mail::MailKind::WrongCode): the subject.
    fn wrong_code_subject(&self, site: &Site) -> String {
        format!("Your password was used with a wrong code – {}", site.name())
    }

    /// What happened, and when.
    fn wrong_code(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Somebody gave the password of your account at {} on {}, but not a right code after it, and is not signed in.",
            site.name(),
            self.moment(at)
        )
    }

    /// What to do now.
    fn wrong_code_advice(&self) -> String {
        "If it was you, you need not do anything. If it was not, somebody knows your password: choose \"Forgot your \
         password?\" on the sign-in page at once, and tell us."
            .to_owned()
    }

    /// [`NewDevice`](crate::mail::MailKind::NewDevice): the subject.
    fn new_device_subject(&self, site: &Site) -> String {
        format!("A new browser signed in – {}", site.name())
    }

    /// What happened, and when.
    fn new_device(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Somebody signed in to your account at {} on {} from a browser that was not known before.",
            site.name(),
            self.moment(at)
        )
    }
}

/// The texts that come with the crate.
#[derive(Clone, Copy, Debug, Default)]
pub struct English;

impl MailTexts for English {}
