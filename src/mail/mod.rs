//! Mails: their kinds, their wording and their delivery.
//!
//! A [`Mailer`] sends a [`Mail`]; `SmtpMailer` (feature `smtp`) talks to a mail server. [`MailTexts`] holds all
//! wording, [`English`] by default.

mod compose;
mod letter;
pub(crate) mod mailer;
mod owed_report;
mod preview;
mod printing;
mod receipt;
#[cfg(feature = "smtp")]
mod smtp;
mod texts;

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

pub(crate) use mailer::Mailer;
pub use owed_report::OwedReport;
pub use printing::PrintingMailer;
use receipt::Enter;
pub use receipt::Receipt;
pub(crate) use receipt::{Awaited, Received};
#[cfg(feature = "smtp")]
#[cfg_attr(docsrs, doc(cfg(feature = "smtp")))]
pub use smtp::{SmtpBuilder, SmtpError, SmtpMailer, SmtpRejection};
pub use texts::{English, MailTexts};

pub use crate::types::MailLink;

use crate::types::{Site, TemporaryPassword, until};

/// A mail: what happened, with its values, the [`Site`] that sends it and the [`MailTexts`] that word it.
///
/// A [`Mailer`] sends the [`subject`](Self::subject), [`text`](Self::text) and [`html`](Self::html), or renders
/// the [`kind`](Self::kind) itself. The bodies hold secrets; the subject never does.
#[derive(Clone, Debug)]
pub struct Mail {
    kind: MailKind,
    site: Site,
    texts: Arc<dyn MailTexts>,
    worth_sending_for: Option<Duration>,
    receipt: receipt::Slot,
}

/// What a mail is about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MailKind {
    /// An account was provisioned: carries the first password.
    #[non_exhaustive]
    Welcome {
        /// Valid only for choosing a password.
        temporary_password: TemporaryPassword,
        /// How long it is valid.
        lifetime: Duration,
        /// When it expires.
        expires_at: OffsetDateTime,
    },
    /// A reset was requested: carries the link that confirms it.
    #[non_exhaustive]
    ConfirmReset {
        /// The link.
        link: MailLink,
        /// How long it is valid.
        lifetime: Duration,
        /// When it expires.
        expires_at: OffsetDateTime,
    },
    /// A reset was requested: carries the link to choose a new password
    /// ([`ResetMode::ChooseNewPassword`](crate::config::ResetMode::ChooseNewPassword)).
    #[non_exhaustive]
    ChooseNewPassword {
        /// The link.
        link: MailLink,
        /// How long it is valid.
        lifetime: Duration,
        /// When it expires.
        expires_at: OffsetDateTime,
    },
    /// A reset was confirmed, or a change of the address was taken back: carries the temporary password.
    #[non_exhaustive]
    TemporaryPassword {
        /// Valid only for choosing a new password.
        temporary_password: TemporaryPassword,
        /// Whether the user's own password signs in until a new one is chosen. Not after a change of the address was taken back, and
        /// not if it was marked as compromised.
        old_password_works: bool,
        /// How long it is valid.
        lifetime: Duration,
        /// When it expires.
        expires_at: OffsetDateTime,
    },
    /// Somebody wants to register: carries the link that opens the account. The recipient has none yet.
    #[non_exhaustive]
    ConfirmRegistration {
        /// The link.
        link: MailLink,
        /// How long it is valid.
        lifetime: Duration,
        /// When it expires.
        expires_at: OffsetDateTime,
    },
    /// An invitation: carries the link that opens the account. The recipient has none yet.
    #[non_exhaustive]
    Invitation {
        /// The link.
        link: MailLink,
        /// How long it is valid.
        lifetime: Duration,
        /// When it expires.
        expires_at: OffsetDateTime,
    },
    /// Somebody wanted to register the recipient's address, or invited the recipient, who has an account already.
    #[non_exhaustive]
    AlreadyRegistered {},
    /// The recipient has opened an account.
    #[non_exhaustive]
    Registered {
        /// When.
        at: OffsetDateTime,
    },
    /// The owner asked for the deletion of the account, which is closed until then: carries the link that undoes it.
    #[non_exhaustive]
    DeletionRequested {
        /// The link.
        link: MailLink,
        /// How long it is valid.
        lifetime: Duration,
        /// When the account is deleted.
        expires_at: OffsetDateTime,
    },
    /// A deletion was undone by its link.
    #[non_exhaustive]
    DeletionUndone {
        /// When.
        at: OffsetDateTime,
    },
    /// The owner asked for the deletion of the account, and it was deleted at once
    /// ([`DeletionConfig::grace`](crate::config::DeletionConfig::grace) is zero). The recipient has no account any more.
    #[non_exhaustive]
    AccountDeleted {
        /// When.
        at: OffsetDateTime,
    },
    /// A signed-in user changed the password.
    #[non_exhaustive]
    PasswordChanged {
        /// When.
        at: OffsetDateTime,
    },
    /// A new password was chosen in a reset.
    #[non_exhaustive]
    ResetCompleted {
        /// When.
        at: OffsetDateTime,
    },
    /// An authenticator was enrolled: sign-in now asks for a code.
    #[non_exhaustive]
    SecondFactorEnabled {
        /// When.
        at: OffsetDateTime,
    },
    /// The second factor was turned off, by its owner or by an operator.
    #[non_exhaustive]
    SecondFactorDisabled {
        /// Whether an operator did it.
        by_operator: bool,
        /// When.
        at: OffsetDateTime,
    },
    /// A recovery code was used in place of the authenticator.
    #[non_exhaustive]
    RecoveryCodeUsed {
        /// How many are left.
        left: usize,
        /// When.
        at: OffsetDateTime,
    },
    /// The recovery codes were replaced with new ones.
    #[non_exhaustive]
    RecoveryCodesRegenerated {
        /// When.
        at: OffsetDateTime,
    },
    /// The password was right but the code was not: someone else may know the password. Sent at most once a day.
    #[non_exhaustive]
    WrongCode {
        /// When.
        at: OffsetDateTime,
    },
    /// A sign-in from an unknown browser ([`DeviceConfig::new_device_notice`](crate::config::DeviceConfig::new_device_notice)).
    #[non_exhaustive]
    NewDevice {
        /// When.
        at: OffsetDateTime,
    },
    /// The password was right after many failed attempts
    /// ([`NoticeConfig::after_failures`](crate::config::NoticeConfig::after_failures)). Sent at most once a day.
    #[non_exhaustive]
    SignInAfterFailures {
        /// How many failures are remembered, 1 or more. There may have been others: failures are forgotten in time, forgiven by a
        /// success, and no longer counted once the wait is the longest.
        failures: u32,
        /// When the password was right.
        at: OffsetDateTime,
    },
    /// An operator requires a new password to be chosen at the next sign-in
    /// ([`Operator::require_password_change`](crate::Operator::require_password_change)).
    #[non_exhaustive]
    PasswordChangeForced {
        /// When.
        at: OffsetDateTime,
    },
    /// An operator marked the password as compromised, so it is no longer valid
    /// ([`Operator::mark_compromised`](crate::Operator::mark_compromised)).
    #[non_exhaustive]
    MarkedCompromised {
        /// When.
        at: OffsetDateTime,
    },
    /// A reminder that the account is for one person
    /// ([`SessionConfig::remind_of_sharing`](crate::config::SessionConfig::remind_of_sharing)).
    #[non_exhaustive]
    SharingReminder {},
    /// A signed-in user asked for another address: carries the link that confirms it, and goes to the new address.
    #[non_exhaustive]
    ConfirmEmailChange {
        /// The link. Opening it changes nothing; the POST behind it does, in a session of that user.
        link: MailLink,
        /// How long it is valid.
        lifetime: Duration,
        /// When it expires.
        expires_at: OffsetDateTime,
    },
    /// A signed-in user asked for another address: tells the address that the account still has.
    #[non_exhaustive]
    EmailChangeRequested {
        /// When.
        at: OffsetDateTime,
    },
    /// A user of another account asked for the address of this account. Nothing changed.
    #[non_exhaustive]
    EmailInUse {
        /// When.
        at: OffsetDateTime,
    },
    /// The address was changed by a signed-in user: carries the link that takes it back, and goes to the address before.
    #[non_exhaustive]
    EmailChanged {
        /// The link. Opening it changes nothing; the POST behind it does.
        link: MailLink,
        /// When it was changed.
        at: OffsetDateTime,
        /// When the link expires.
        expires_at: OffsetDateTime,
    },
    /// The address was changed by a signed-in user: tells the new address.
    #[non_exhaustive]
    EmailConfirmed {
        /// When.
        at: OffsetDateTime,
    },
    /// An operator changed the address ([`Operator::change_email`](crate::Operator::change_email)). One goes to either address.
    #[non_exhaustive]
    EmailChangedByOperator {
        /// Whether this one goes to the new address.
        to_new_address: bool,
        /// When.
        at: OffsetDateTime,
    },
}

impl MailKind {
    /// A stable `snake_case` name, for logs and templates.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Welcome { .. } => "welcome",
            Self::ConfirmReset { .. } => "confirm_reset",
            Self::ChooseNewPassword { .. } => "choose_new_password",
            Self::TemporaryPassword { .. } => "temporary_password",
            Self::PasswordChanged { .. } => "password_changed",
            Self::ResetCompleted { .. } => "reset_completed",
            Self::SecondFactorEnabled { .. } => "second_factor_enabled",
            Self::SecondFactorDisabled { .. } => "second_factor_disabled",
            Self::RecoveryCodeUsed { .. } => "recovery_code_used",
            Self::RecoveryCodesRegenerated { .. } => "recovery_codes_regenerated",
            Self::WrongCode { .. } => "wrong_code",
            Self::NewDevice { .. } => "new_device",
            Self::SignInAfterFailures { .. } => "sign_in_after_failures",
            Self::PasswordChangeForced { .. } => "password_change_forced",
            Self::MarkedCompromised { .. } => "marked_compromised",
            Self::SharingReminder { .. } => "sharing_reminder",
            Self::ConfirmRegistration { .. } => "confirm_registration",
            Self::Invitation { .. } => "invitation",
            Self::AlreadyRegistered { .. } => "already_registered",
            Self::Registered { .. } => "registered",
            Self::ConfirmEmailChange { .. } => "confirm_email_change",
            Self::EmailChangeRequested { .. } => "email_change_requested",
            Self::EmailInUse { .. } => "email_in_use",
            Self::EmailChanged { .. } => "email_changed",
            Self::EmailConfirmed { .. } => "email_confirmed",
            Self::EmailChangedByOperator { .. } => "email_changed_by_operator",
            Self::DeletionRequested { .. } => "deletion_requested",
            Self::DeletionUndone { .. } => "deletion_undone",
            Self::AccountDeleted { .. } => "account_deleted",
        }
    }

    /// When the mail's content expires, by the clock of the [`Auth`](crate::Auth). For use in texts: a queue has another clock
    /// and counts down [`Mail::worth_sending_for`] instead.
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Welcome { expires_at, .. }
            | Self::ConfirmReset { expires_at, .. }
            | Self::ChooseNewPassword { expires_at, .. }
            | Self::TemporaryPassword { expires_at, .. }
            | Self::ConfirmRegistration { expires_at, .. }
            | Self::Invitation { expires_at, .. }
            | Self::ConfirmEmailChange { expires_at, .. }
            | Self::EmailChanged { expires_at, .. }
            | Self::DeletionRequested { expires_at, .. } => Some(*expires_at),
            Self::PasswordChanged { .. }
            | Self::ResetCompleted { .. }
            | Self::SecondFactorEnabled { .. }
            | Self::SecondFactorDisabled { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::RecoveryCodesRegenerated { .. }
            | Self::WrongCode { .. }
            | Self::NewDevice { .. }
            | Self::SignInAfterFailures { .. }
            | Self::PasswordChangeForced { .. }
            | Self::MarkedCompromised { .. }
            | Self::SharingReminder { .. }
            | Self::AlreadyRegistered { .. }
            | Self::EmailChangeRequested { .. }
            | Self::EmailInUse { .. }
            | Self::EmailConfirmed { .. }
            | Self::EmailChangedByOperator { .. }
            | Self::DeletionUndone { .. }
            | Self::AccountDeleted { .. }
            | Self::Registered { .. } => None,
        }
    }

    /// Whether anyone who types in an address can cause such a mail, without proving anything. All other kinds require a
    /// password, a link from the mailbox, or an operator.
    ///
    /// A queue gives these only part of its room, so that an attacker cannot block a user's first password.
    ///
    /// ```
    /// use doorward::Site;
    /// use doorward::mail::Mail;
    ///
    /// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// let previews = Mail::previews(&site);
    /// let anybodys = previews.iter().map(Mail::kind).filter(|kind| kind.anybody_can_cause());
    /// let names = ["confirm_reset", "choose_new_password", "confirm_registration", "already_registered"];
    /// assert!(anybodys.map(|kind| kind.name()).eq(names));
    /// # Ok::<(), doorward::config::SiteError>(())
    /// ```
    pub fn anybody_can_cause(&self) -> bool {
        match self {
            Self::ConfirmReset { .. }
            | Self::ChooseNewPassword { .. }
            | Self::ConfirmRegistration { .. }
            | Self::AlreadyRegistered { .. } => true,
            Self::Welcome { .. }
            | Self::TemporaryPassword { .. }
            | Self::PasswordChanged { .. }
            | Self::ResetCompleted { .. }
            | Self::SecondFactorEnabled { .. }
            | Self::SecondFactorDisabled { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::RecoveryCodesRegenerated { .. }
            | Self::WrongCode { .. }
            | Self::NewDevice { .. }
            | Self::SignInAfterFailures { .. }
            | Self::PasswordChangeForced { .. }
            | Self::MarkedCompromised { .. }
            | Self::SharingReminder { .. }
            | Self::Invitation { .. }
            | Self::EmailChangeRequested { .. }
            | Self::EmailInUse { .. }
            | Self::EmailConfirmed { .. }
            | Self::EmailChangedByOperator { .. }
            | Self::ConfirmEmailChange { .. }
            | Self::EmailChanged { .. }
            | Self::DeletionRequested { .. }
            | Self::DeletionUndone { .. }
            | Self::AccountDeleted { .. }
            | Self::Registered { .. } => false,
        }
    }

    /// How much of the content's lifetime is left at `now`. A clock that was set back never extends it.
    fn life_left(&self, now: OffsetDateTime) -> Option<Duration> {
        match self {
            Self::Welcome { lifetime, expires_at, .. }
            | Self::ConfirmReset { lifetime, expires_at, .. }
            | Self::ChooseNewPassword { lifetime, expires_at, .. }
            | Self::TemporaryPassword { lifetime, expires_at, .. }
            | Self::ConfirmRegistration { lifetime, expires_at, .. }
            | Self::Invitation { lifetime, expires_at, .. }
            | Self::DeletionRequested { lifetime, expires_at, .. }
            | Self::ConfirmEmailChange { lifetime, expires_at, .. } => Some(until(now, *expires_at).min(*lifetime)),
            Self::EmailChanged { expires_at, .. } => Some(until(now, *expires_at)),
            Self::PasswordChanged { .. }
            | Self::ResetCompleted { .. }
            | Self::SecondFactorEnabled { .. }
            | Self::SecondFactorDisabled { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::RecoveryCodesRegenerated { .. }
            | Self::WrongCode { .. }
            | Self::NewDevice { .. }
            | Self::SignInAfterFailures { .. }
            | Self::PasswordChangeForced { .. }
            | Self::MarkedCompromised { .. }
            | Self::SharingReminder { .. }
            | Self::AlreadyRegistered { .. }
            | Self::EmailChangeRequested { .. }
            | Self::EmailInUse { .. }
            | Self::EmailConfirmed { .. }
            | Self::EmailChangedByOperator { .. }
            | Self::DeletionUndone { .. }
            | Self::AccountDeleted { .. }
            | Self::Registered { .. } => None,
        }
    }
}

impl Mail {
    /// A mail handed to the mailer at `now`, by the clock that gave it its values.
    pub(crate) fn new(kind: MailKind, site: &Site, texts: Arc<dyn MailTexts>, now: OffsetDateTime) -> Self {
        let receipt = receipt::Slot::default();
        Self { worth_sending_for: kind.life_left(now), kind, site: site.clone(), texts, receipt }
    }

    /// The same mail with a receipt, which the mailer may give within that time: after it, somebody else tries.
    pub(crate) fn with_receipt(mut self, within: Duration, enter: Enter) -> (Self, Awaited) {
        let awaited;
        (self.receipt, awaited) = Awaited::new(enter);
        self.worth_sending_for = Some(self.worth_sending_for.map_or(within, |life| life.min(within)));
        (self, awaited)
    }

    /// One mail of every kind in English, or several if the wording depends on a value, with made-up passwords and links. For
    /// testing a translation, or for a preview page for developers.
    ///
    /// Needs no feature, since the mails grant nothing: their content is always the same and belongs to no account.
    ///
    /// ```
    /// use doorward::Site;
    /// use doorward::mail::Mail;
    ///
    /// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// for mail in Mail::previews(&site) {
    ///     assert!(mail.subject().ends_with("– Acme") && mail.text().contains("help@acme.example"));
    /// }
    /// # Ok::<(), doorward::config::SiteError>(())
    /// ```
    pub fn previews(site: &Site) -> Vec<Self> {
        preview::previews(site)
    }

    /// The same mail with other texts: for mailers that know each recipient's language.
    #[must_use]
    pub fn in_words_of(self, texts: Arc<dyn MailTexts>) -> Self {
        Self { texts, ..self }
    }

    /// What the mail is about, with its values.
    pub fn kind(&self) -> &MailKind {
        &self.kind
    }

    /// The site that sends it.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// How long the mail is worth sending from the moment the mailer receives it: the remaining lifetime of its content, and at most
    /// ten minutes if it is [owed](crate::AuthBuilder::owed_mails), because another process may try soon after. `None` if it may
    /// be sent at any time. A queue counts this down on a monotonic clock and then drops the mail.
    ///
    /// A duration, not an instant: the mailer's clock need not agree with that of the [`Auth`](crate::Auth).
    pub fn worth_sending_for(&self) -> Option<Duration> {
        self.worth_sending_for
    }

    /// Takes the receipt, through which a mailer with a queue reports the server's answer. `None` if it was already taken, or if
    /// the mail is not owed. If the mailer does not take it, `Ok` from `send` means that the mail has left.
    pub fn receipt(&self) -> Option<Receipt> {
        self.receipt.take()
    }

    /// The subject: a single line without secrets.
    pub fn subject(&self) -> String {
        compose::letter(self).subject()
    }

    /// The plain text body. **It holds the secret**, if the mail carries one.
    ///
    /// This `String` is not wiped on drop. A mailer that keeps it should wrap it, for example in `zeroize::Zeroizing`; most
    /// MIME and HTTP libraries copy it and wipe nothing.
    pub fn text(&self) -> String {
        compose::letter(self).text()
    }

    /// The HTML body: a complete page without images, scripts or remote content. All values and texts are escaped. **It holds
    /// the secret**, if the mail carries one, and is not wiped either (see [`text`](Self::text)).
    pub fn html(&self) -> String {
        compose::letter(self).html()
    }
}
