use core::fmt::Debug;
use core::time::Duration;

use time::{OffsetDateTime, UtcOffset};

use crate::types::Site;

/// All wording of the mails: one method per text, in English unless overridden.
///
/// Each text is complete: nothing is assembled from fragments whose order may differ in another language. Pass your own
/// implementation to [`AuthBuilder::mail_texts`](crate::AuthBuilder::mail_texts) to replace one text or all of them. For a
/// language per recipient, the mailer calls [`Mail::in_words_of`](crate::mail::Mail::in_words_of) on each mail.
///
/// Texts are plain text: the crate escapes them, so markup is shown literally. **Secrets never pass through here**: passwords
/// and links are on lines of their own, so that no text can put one into a subject. A subject is one line; control characters
/// in it become spaces.
///
/// Texts that are not overridden stay English, including those of mails added in later releases:
/// [`Mail::previews`](crate::mail::Mail::previews) shows what is still untranslated.
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
/// # Ok::<(), doorward::config::SiteError>(())
/// ```
pub trait MailTexts: Debug + Send + Sync + 'static {
    /// The language as a BCP 47 tag: `lang` of the HTML body.
    fn language(&self) -> &str {
        "en"
    }

    /// Whether the language is written from right to left: `dir` of the HTML body.
    fn right_to_left(&self) -> bool {
        false
    }

    /// An instant within a sentence: absolute and with its time zone, since mails are read anywhere. Rounded down to the
    /// minute, so that nothing works for less time than promised.
    fn moment(&self, at: OffsetDateTime) -> String {
        let at = at.checked_to_offset(UtcOffset::UTC).unwrap_or(at);
        format!("{} {} {}, {:02}:{:02} UTC", at.day(), at.month(), at.year(), at.hour(), at.minute())
    }

    /// A lifetime within a sentence: in the largest unit that divides it, never rounded up.
    fn duration(&self, duration: Duration) -> String {
        match duration.as_secs() {
            3_600 => "one hour".to_owned(),
            seconds if seconds >= 7_200 && seconds % 3_600 == 0 => format!("{} hours", seconds / 3_600),
            seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
            1 => "one second".to_owned(),
            seconds => format!("{seconds} seconds"),
        }
    }

    /// How long a password or a link is valid, and until when.
    fn works(&self, lifetime: Duration, expires_at: OffsetDateTime) -> String {
        format!("It works for {}, until {}.", self.duration(lifetime), self.moment(expires_at))
    }

    /// What to do if someone else requested the reset.
    fn ignore_reset(&self) -> String {
        "If this was not you, you do not need to do anything: nothing has changed, and your password stays the same."
            .to_owned()
    }

    /// What to do if someone else did what the mail reports.
    fn not_you(&self) -> String {
        "If this was not you, choose \"Forgot your password?\" on the sign-in page right away and let us know."
            .to_owned()
    }

    /// That all other sessions have ended.
    fn others_signed_out(&self) -> String {
        "All other browsers and devices have been signed out.".to_owned()
    }

    /// The support contact: a sentence containing the address, which becomes a link in the HTML body.
    fn write_to(&self, address: &str) -> String {
        format!("Questions? Write to {address}")
    }

    /// The support contact: a sentence containing the link, for example to a live chat.
    fn reach_at(&self, link: &str) -> String {
        format!("Questions? Reach us at {link}")
    }

    /// [`Welcome`](crate::mail::MailKind::Welcome): the subject.
    fn welcome_subject(&self, site: &Site) -> String {
        format!("Your new account – {}", site.name())
    }

    /// Precedes the first password.
    fn welcome_password(&self, site: &Site) -> String {
        format!("Welcome! An account has been created for you at {}. This is your first password:", site.name())
    }

    /// Precedes the link to the sign-in page.
    fn welcome_sign_in(&self) -> String {
        "Sign in with it here, and you can choose your own password:".to_owned()
    }

    /// That the account is for one person.
    fn welcome_for_you_alone(&self) -> String {
        "This account is for you alone. Please never share its password or let anyone sign in as you. Anyone else who \
         needs access gets an account of their own."
            .to_owned()
    }

    /// That a reset was requested: the opening of both kinds of reset mail.
    fn reset_requested(&self, site: &Site) -> String {
        format!("Someone, probably you, asked for a new password at {}.", site.name())
    }

    /// [`ConfirmReset`](crate::mail::MailKind::ConfirmReset): the subject.
    fn confirm_reset_subject(&self, site: &Site) -> String {
        format!("Confirm your password reset – {}", site.name())
    }

    /// Precedes the link that confirms.
    fn confirm_reset_link(&self) -> String {
        "If this was you, please confirm it here, and we will mail you a temporary password:".to_owned()
    }

    /// [`ChooseNewPassword`](crate::mail::MailKind::ChooseNewPassword): the subject.
    fn choose_new_password_subject(&self, site: &Site) -> String {
        format!("Choose a new password – {}", site.name())
    }

    /// Precedes the link to the page that sets a new password.
    fn choose_new_password_link(&self) -> String {
        "If this was you, choose a new password here:".to_owned()
    }

    /// [`TemporaryPassword`](crate::mail::MailKind::TemporaryPassword): the subject.
    fn temporary_password_subject(&self, site: &Site) -> String {
        format!("Your temporary password – {}", site.name())
    }

    /// Precedes the temporary password.
    fn temporary_password(&self, site: &Site) -> String {
        format!("You confirmed that you want a new password at {}. This is your temporary password:", site.name())
    }

    /// Precedes the link to the sign-in page.
    fn temporary_password_sign_in(&self) -> String {
        "Sign in with it here, and you can choose your new password:".to_owned()
    }

    /// That nothing has changed so far.
    fn old_password_stays(&self) -> String {
        "Until then, your old password stays the same.".to_owned()
    }

    /// [`ConfirmRegistration`](crate::mail::MailKind::ConfirmRegistration): the subject.
    fn confirm_registration_subject(&self, site: &Site) -> String {
        format!("Confirm your email address – {}", site.name())
    }

    /// That an account was asked for.
    fn confirm_registration(&self, site: &Site) -> String {
        format!("Someone, probably you, asked for an account at {} with this email address.", site.name())
    }

    /// Precedes the link that opens the account.
    fn confirm_registration_link(&self) -> String {
        "To open your account, choose a password here:".to_owned()
    }

    /// What to do if someone else asked for it.
    fn ignore_registration(&self) -> String {
        "If this was not you, you do not need to do anything: no account is opened, and nothing changes.".to_owned()
    }

    /// [`Invitation`](crate::mail::MailKind::Invitation): the subject.
    fn invitation_subject(&self, site: &Site) -> String {
        format!("You are invited – {}", site.name())
    }

    /// That somebody invited the recipient.
    fn invitation(&self, site: &Site) -> String {
        format!("You have been invited to open an account at {} with this email address.", site.name())
    }

    /// What to do with an invitation that is not wanted.
    fn ignore_invitation(&self) -> String {
        "If you do not want an account, you do not need to do anything: none is opened unless you use this link."
            .to_owned()
    }

    /// [`AlreadyRegistered`](crate::mail::MailKind::AlreadyRegistered): the subject.
    fn already_registered_subject(&self, site: &Site) -> String {
        format!("You already have an account – {}", site.name())
    }

    /// That there is an account with this address.
    fn already_registered(&self, site: &Site) -> String {
        format!(
            "Someone, probably you, wanted to open an account at {} with this email address. You already have one.",
            site.name()
        )
    }

    /// How to use it. The mail holds no link, so that nobody learns to follow one.
    fn already_registered_advice(&self) -> String {
        "Open the sign-in page the way you always do. If you do not remember your password, choose \"Forgot your password?\" \
         there."
            .to_owned()
    }

    /// [`Registered`](crate::mail::MailKind::Registered): the subject.
    fn registered_subject(&self, site: &Site) -> String {
        format!("Your account is open – {}", site.name())
    }

    /// That the account is open, and since when.
    fn registered(&self, site: &Site, at: OffsetDateTime) -> String {
        format!("Welcome! You opened your account at {} on {}.", site.name(), self.moment(at))
    }

    /// [`DeletionRequested`](crate::mail::MailKind::DeletionRequested): the subject.
    fn deletion_requested_subject(&self, site: &Site) -> String {
        format!("Your account will be deleted – {}", site.name())
    }

    /// That the account is closed, and when it will be gone.
    fn deletion_requested(&self, site: &Site, gone_at: OffsetDateTime) -> String {
        format!(
            "You asked us to delete your account at {}. It is closed now, and will be deleted for good on {}.",
            site.name(),
            self.moment(gone_at)
        )
    }

    /// Precedes the link that undoes it.
    fn deletion_undo_link(&self) -> String {
        "If you want to keep your account, you can undo this here:".to_owned()
    }

    /// Until when the link works, and what follows.
    fn deletion_undo_until(&self, gone_at: OffsetDateTime) -> String {
        format!(
            "The link works until {}. After that, nobody can bring your account back. You will need your password to sign in again.",
            self.moment(gone_at)
        )
    }

    /// What to do if someone else asked for the deletion.
    fn deletion_not_you(&self) -> String {
        "If this was not you, someone knows how to sign in to your account: use the link, then choose \"Forgot your password?\" on the \
         sign-in page right away and let us know."
            .to_owned()
    }

    /// [`DeletionUndone`](crate::mail::MailKind::DeletionUndone): the subject.
    fn deletion_undone_subject(&self, site: &Site) -> String {
        format!("You keep your account – {}", site.name())
    }

    /// That the deletion was undone, and when.
    fn deletion_undone(&self, site: &Site, at: OffsetDateTime) -> String {
        format!("Your account at {} will not be deleted. This was undone on {}.", site.name(), self.moment(at))
    }

    /// How to use the account again. The mail holds no link, so that nobody learns to follow one.
    fn deletion_undone_advice(&self) -> String {
        "Everything is as it was. Open the sign-in page the way you always do, and sign in with your password."
            .to_owned()
    }

    /// [`AccountDeleted`](crate::mail::MailKind::AccountDeleted): the subject.
    fn account_deleted_subject(&self, site: &Site) -> String {
        format!("Your account was deleted – {}", site.name())
    }

    /// That it was deleted, and when.
    fn account_deleted(&self, site: &Site, at: OffsetDateTime) -> String {
        format!("You asked us to delete your account at {}. It was deleted on {}.", site.name(), self.moment(at))
    }

    /// That nothing brings it back, and what to do if someone else asked for it. The support contact follows at the end of the mail.
    fn account_deleted_advice(&self) -> String {
        "Nobody can bring it back. If this was not you, please let us know.".to_owned()
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
        format!("Two-step sign-in is on – {}", site.name())
    }

    /// That it is on, and since when.
    fn second_factor_enabled(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "An authenticator app was set up for your account at {} on {}. From now on, you will need a code from it to sign \
             in.",
            site.name(),
            self.moment(at)
        )
    }

    /// Where to keep recovery codes.
    fn keep_recovery_codes(&self) -> String {
        "Keep your recovery codes somewhere you can reach without your phone.".to_owned()
    }

    /// [`SecondFactorDisabled`](crate::mail::MailKind::SecondFactorDisabled): the subject.
    fn second_factor_disabled_subject(&self, site: &Site) -> String {
        format!("Two-step sign-in is off – {}", site.name())
    }

    /// That its owner turned it off, and when.
    fn second_factor_disabled(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Two-step sign-in was turned off for your account at {} on {}. You no longer need a code to sign in.",
            site.name(),
            self.moment(at)
        )
    }

    /// That an operator turned it off, and when.
    fn second_factor_disabled_by_operator(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Two-step sign-in was turned off for your account at {} by our support on {}. You now sign in with your \
             password alone.",
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
        format!("A recovery code was used instead of your authenticator app at {} on {}.", site.name(), self.moment(at))
    }

    /// How many are left, from none to a few dozen. Plural forms differ between languages, so each text chooses its own.
    fn recovery_codes_left(&self, left: usize) -> String {
        match left {
            0 => "That was the last one. Please create new ones in your security settings now.".to_owned(),
            1..=3 => format!("Only {left} left. Please create new ones in your security settings."),
            _ => format!("You have {left} left."),
        }
    }

    /// [`RecoveryCodesRegenerated`](crate::mail::MailKind::RecoveryCodesRegenerated): the subject.
    fn recovery_codes_regenerated_subject(&self, site: &Site) -> String {
        format!("You have new recovery codes – {}", site.name())
    }

    /// That there are new ones, and since when.
    fn recovery_codes_regenerated(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "New recovery codes were created for your account at {} on {}. The previous ones no longer work.",
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
            "Someone entered the correct password for your account at {} on {} but a wrong code, and was not signed in.",
            site.name(),
            self.moment(at)
        )
    }

    /// What to do now.
    fn wrong_code_advice(&self) -> String {
        "If this was you, you do not need to do anything. If not, someone knows your password: choose \"Forgot your \
         password?\" on the sign-in page right away and let us know."
            .to_owned()
    }

    /// [`NewDevice`](crate::mail::MailKind::NewDevice): the subject.
    fn new_device_subject(&self, site: &Site) -> String {
        format!("New sign-in from an unknown browser – {}", site.name())
    }

    /// What happened, and when.
    fn new_device(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Someone signed in to your account at {} on {} from a browser we have not seen before.",
            site.name(),
            self.moment(at)
        )
    }

    /// [`SignInAfterFailures`](crate::mail::MailKind::SignInAfterFailures): the subject.
    fn sign_in_after_failures_subject(&self, site: &Site) -> String {
        format!("Your password was used after failed attempts – {}", site.name())
    }

    /// What happened, and when. The number is the least there were, from one on. Plural forms differ between languages, so each
    /// text chooses its own.
    fn sign_in_after_failures(&self, site: &Site, failures: u32, at: OffsetDateTime) -> String {
        let attempts = match failures {
            1 => "at least one failed attempt".to_owned(),
            _ => format!("at least {failures} failed attempts"),
        };
        format!(
            "Someone entered the correct password for your account at {} on {}, after {attempts}.",
            site.name(),
            self.moment(at)
        )
    }

    /// What to do now.
    fn sign_in_after_failures_advice(&self) -> String {
        "If you entered it, you do not need to do anything, even if the failed attempts were not yours. If not, someone knows \
         your password: choose \"Forgot your password?\" on the sign-in page right away and let us know."
            .to_owned()
    }

    /// That all sessions have ended.
    fn signed_out_everywhere(&self) -> String {
        "You have been signed out of all browsers and devices.".to_owned()
    }

    /// [`PasswordChangeForced`](crate::mail::MailKind::PasswordChangeForced): the subject.
    fn password_change_forced_subject(&self, site: &Site) -> String {
        format!("Your account needs a new password – {}", site.name())
    }

    /// That an operator requires it, and since when.
    fn password_change_forced(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Since {}, your account at {} needs a new password. Our support asked for it.",
            self.moment(at),
            site.name()
        )
    }

    /// How to choose it. The mail holds no link, so that nobody learns to follow one.
    fn password_change_forced_advice(&self) -> String {
        "The next time you sign in with your current password, you will be asked to choose a new one. This mail has no link for \
         that: open the sign-in page the way you always do."
            .to_owned()
    }

    /// [`MarkedCompromised`](crate::mail::MailKind::MarkedCompromised): the subject.
    fn marked_compromised_subject(&self, site: &Site) -> String {
        format!("Your password no longer works – {}", site.name())
    }

    /// That an operator invalidated it, why, and when.
    fn marked_compromised(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Someone else may know the password of your account at {}, so our support turned it off on {}. It no longer \
             works.",
            site.name(),
            self.moment(at)
        )
    }

    /// How to get in again. The mail holds no link, so that nobody learns to follow one.
    fn marked_compromised_advice(&self) -> String {
        "To get in again, open the sign-in page the way you always do and choose \"Forgot your password?\". Please choose a \
         password that you use nowhere else."
            .to_owned()
    }

    /// [`SharingReminder`](crate::mail::MailKind::SharingReminder): the subject.
    fn sharing_reminder_subject(&self, site: &Site) -> String {
        format!("Your account is for you alone – {}", site.name())
    }

    /// That the account is for one person, and what sharing it costs.
    fn sharing_reminder(&self, site: &Site) -> String {
        format!(
            "A friendly reminder: your account at {} is for you alone. When two people use one account, they overwrite each \
             other's work, and nobody can tell later who did what.",
            site.name()
        )
    }

    /// How someone else gets an account. The support contact follows at the end of the mail.
    fn account_for_a_colleague(&self) -> String {
        "Does a colleague need access? Ask us at the contact below, and they get an account of their own.".to_owned()
    }

    /// What to do if someone else knows the password.
    fn change_a_known_password(&self) -> String {
        "If someone else knows your password, please change it. If nobody does, you do not need to do anything."
            .to_owned()
    }

    /// Precedes the temporary password where no other one works.
    fn temporary_password_alone(&self, site: &Site) -> String {
        format!("This is your temporary password at {}:", site.name())
    }

    /// That the user's own password does not work any more.
    fn old_password_void(&self) -> String {
        "Your old password no longer works.".to_owned()
    }

    /// [`ConfirmEmailChange`](crate::mail::MailKind::ConfirmEmailChange): the subject.
    fn confirm_email_change_subject(&self, site: &Site) -> String {
        format!("Confirm your new email address – {}", site.name())
    }

    /// That this address is to become that of an account.
    fn confirm_email_change(&self, site: &Site) -> String {
        format!("Someone, probably you, wants to use this address for their account at {}.", site.name())
    }

    /// Precedes the link that confirms. It works in a session only.
    fn confirm_email_change_link(&self) -> String {
        "If this was you, please confirm it here. You may have to sign in first, still with your previous address:"
            .to_owned()
    }

    /// What to do if someone else asked for it.
    fn ignore_email_change(&self) -> String {
        "If this was not you, please do not confirm it. You do not need to do anything, and this address is not used."
            .to_owned()
    }

    /// [`EmailChangeRequested`](crate::mail::MailKind::EmailChangeRequested): the subject.
    fn email_change_requested_subject(&self, site: &Site) -> String {
        format!("Your email address is about to change – {}", site.name())
    }

    /// That a change was asked for, and when.
    fn email_change_requested(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "On {}, another email address was entered for your account at {}. It takes the place of this one once it is confirmed.",
            self.moment(at),
            site.name()
        )
    }

    /// What to do if someone else did.
    fn email_change_requested_advice(&self) -> String {
        "If this was you, you do not need to do anything. If not, someone can use your account: choose \"Forgot your password?\" \
         on the sign-in page right away and let us know."
            .to_owned()
    }

    /// [`EmailInUse`](crate::mail::MailKind::EmailInUse): the subject.
    fn email_in_use_subject(&self, site: &Site) -> String {
        format!("Your email address was entered for another account – {}", site.name())
    }

    /// That someone wanted to use the address, and when.
    fn email_in_use(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "On {}, someone wanted to use your email address for another account at {}. Your account has this address, so \
             nothing has changed.",
            self.moment(at),
            site.name()
        )
    }

    /// What to do now.
    fn email_in_use_advice(&self) -> String {
        "If this was you, sign in with this address: you have an account already. If not, you do not need to do anything."
            .to_owned()
    }

    /// [`EmailChanged`](crate::mail::MailKind::EmailChanged) and
    /// [`EmailChangedByOperator`](crate::mail::MailKind::EmailChangedByOperator): the subject.
    fn email_changed_subject(&self, site: &Site) -> String {
        format!("Your email address was changed – {}", site.name())
    }

    /// That the account has another address, and since when. Goes to the address before.
    fn email_changed(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "The email address of your account at {} was changed on {}. From now on, you sign in with the new one, and our mails \
             go there. If this was you, you do not need to do anything.",
            site.name(),
            self.moment(at)
        )
    }

    /// Precedes the link that takes the change back.
    fn email_undo_link(&self) -> String {
        "If this was not you, take your account back here right away:".to_owned()
    }

    /// What taking the change back does, and until when it is possible.
    fn email_undo(&self, expires_at: OffsetDateTime) -> String {
        format!(
            "This is possible until {}. Your account then has this address again, everybody is signed out, and we mail you a \
             temporary password.",
            self.moment(expires_at)
        )
    }

    /// [`EmailConfirmed`](crate::mail::MailKind::EmailConfirmed): the subject.
    fn email_confirmed_subject(&self, site: &Site) -> String {
        format!("This is your new email address – {}", site.name())
    }

    /// That the account has this address, and since when.
    fn email_confirmed(&self, site: &Site, at: OffsetDateTime) -> String {
        format!("Since {}, you sign in at {} with this email address.", self.moment(at), site.name())
    }

    /// That an operator gave the account another address, and when. Goes to the address before.
    fn email_changed_by_operator(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "The email address of your account at {} was changed by our support on {}. From now on, you sign in with the new \
             one, and our mails go there.",
            site.name(),
            self.moment(at)
        )
    }

    /// What to do if nobody asked for it.
    fn email_changed_by_operator_advice(&self) -> String {
        "If you did not ask for this, please let us know right away.".to_owned()
    }

    /// That an operator gave this address to the account, and when. Goes to the new address.
    fn email_set_by_operator(&self, site: &Site, at: OffsetDateTime) -> String {
        format!(
            "Our support changed the email address of your account at {} on {}. From now on, you sign in with this address.",
            site.name(),
            self.moment(at)
        )
    }
}

/// The texts that come with the crate.
#[derive(Clone, Copy, Debug, Default)]
pub struct English;

impl MailTexts for English {}
