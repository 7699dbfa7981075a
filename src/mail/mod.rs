//! Mails: what is sent, in which words, and by what.
//!
//! A [`Mailer`](crate::Mailer) sends a [`Mail`]; `SmtpMailer` (feature `smtp`) is one that talks to a mail server.
//! [`MailTexts`] holds every word, [`English`] by default.

mod compose;
mod letter;
pub(crate) mod mailer;
mod preview;
mod printing;
#[cfg(feature = "smtp")]
mod smtp;
mod texts;

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;

pub(crate) use mailer::Mailer;
pub use printing::PrintingMailer;
#[cfg(feature = "smtp")]
#[cfg_attr(docsrs, doc(cfg(feature = "smtp")))]
pub use smtp::{SmtpBuilder, SmtpError, SmtpMailer, SmtpRejection};
pub use texts::{English, MailTexts};

pub use crate::types::ResetLink;

use crate::types::{Site, TemporaryPassword, until};

/// A mail: what happened, with its values, the [`Site`] it speaks for and the [`MailTexts`] it speaks in.
///
/// A [`Mailer`](crate::Mailer) sends its [`subject`](Self::subject), [`text`](Self::text) and [`html`](Self::html), or renders
/// [`kind`](Self::kind) all by itself. The text parts hold secrets; the subject never does.
#[derive(Clone, Debug)]
pub struct Mail {
    kind: MailKind,
    site: Site,
    texts: Arc<dyn MailTexts>,
    worth_sending_for: Option<Duration>,
}

/// What a mail is about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MailKind {
    /// An account was opened: the first password.
    #[non_exhaustive]
    Welcome {
        /// It opens the choice of an own password.
        temporary_password: TemporaryPassword,
        /// How long it works.
        lifetime: Duration,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// Somebody asked for a reset: a link that confirms it.
    #[non_exhaustive]
    ConfirmReset {
        /// The link.
        link: ResetLink,
        /// How long it works.
        lifetime: Duration,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// Somebody asked for a reset: a link that opens the choice of a new password
    /// ([`ResetMode::ChooseNewPassword`](crate::config::ResetMode::ChooseNewPassword)).
    #[non_exhaustive]
    ChooseNewPassword {
        /// The link.
        link: ResetLink,
        /// How long it works.
        lifetime: Duration,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// A reset was confirmed: the temporary password.
    #[non_exhaustive]
    TemporaryPassword {
        /// It opens the choice of a new password.
        temporary_password: TemporaryPassword,
        /// How long it works.
        lifetime: Duration,
        /// Until when.
        expires_at: OffsetDateTime,
    },
    /// The password was changed by somebody who was signed in.
    #[non_exhaustive]
    PasswordChanged {
        /// When.
        at: OffsetDateTime,
    },
    /// A new password was chosen by way of a reset.
    #[non_exhaustive]
    ResetCompleted {
        /// When.
        at: OffsetDateTime,
    },
    /// An authenticator was enrolled: a code is asked for from now on.
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
    /// New recovery codes took the place of those before.
    #[non_exhaustive]
    RecoveryCodesRegenerated {
        /// When.
        at: OffsetDateTime,
    },
    /// The password was right and the code was not: somebody else may know the password. At most once a day.
    #[non_exhaustive]
    WrongCode {
        /// When.
        at: OffsetDateTime,
    },
    /// Somebody signed in from a browser that was not known
    /// ([`DeviceConfig::new_device_notice`](crate::config::DeviceConfig::new_device_notice)).
    #[non_exhaustive]
    NewDevice {
        /// When.
        at: OffsetDateTime,
    },
}

impl MailKind {
    /// A stable name in snake_case, for logs and templates.
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
        }
    }

    /// The instant from which on the mail is worth nothing, by the clock of the [`Auth`](crate::Auth): for a text. A queue has
    /// another clock, and counts [`Mail::worth_sending_for`] down instead.
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Welcome { expires_at, .. }
            | Self::ConfirmReset { expires_at, .. }
            | Self::ChooseNewPassword { expires_at, .. }
            | Self::TemporaryPassword { expires_at, .. } => Some(*expires_at),
            Self::PasswordChanged { .. }
            | Self::ResetCompleted { .. }
            | Self::SecondFactorEnabled { .. }
            | Self::SecondFactorDisabled { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::RecoveryCodesRegenerated { .. }
            | Self::WrongCode { .. }
            | Self::NewDevice { .. } => None,
        }
    }

    /// Whether anybody who types an address in can cause such a mail, without having proved anything. All others somebody has
    /// earned: by a password, a link from the mailbox, or an operator's right.
    ///
    /// A queue lets these take a part of its room only, so that strangers keep nobody's first password away.
    ///
    /// ```
    /// use doorward::Site;
    /// use doorward::mail::Mail;
    ///
    /// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// let previews = Mail::previews(&site);
    /// let anybodys = previews.iter().map(Mail::kind).filter(|kind| kind.anybody_can_cause());
    /// assert!(anybodys.map(|kind| kind.name()).eq(["confirm_reset", "choose_new_password"]));
    /// # Ok::<(), doorward::error::SiteError>(())
    /// ```
    pub fn anybody_can_cause(&self) -> bool {
        match self {
            Self::ConfirmReset { .. } | Self::ChooseNewPassword { .. } => true,
            Self::Welcome { .. }
            | Self::TemporaryPassword { .. }
            | Self::PasswordChanged { .. }
            | Self::ResetCompleted { .. }
            | Self::SecondFactorEnabled { .. }
            | Self::SecondFactorDisabled { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::RecoveryCodesRegenerated { .. }
            | Self::WrongCode { .. }
            | Self::NewDevice { .. } => false,
        }
    }

    /// What is left at that instant of what the mail carries. A clock that was set back adds nothing to its lifetime.
    fn life_left(&self, now: OffsetDateTime) -> Option<Duration> {
        match self {
            Self::Welcome { lifetime, expires_at, .. }
            | Self::ConfirmReset { lifetime, expires_at, .. }
            | Self::ChooseNewPassword { lifetime, expires_at, .. }
            | Self::TemporaryPassword { lifetime, expires_at, .. } => Some(until(now, *expires_at).min(*lifetime)),
            Self::PasswordChanged { .. }
            | Self::ResetCompleted { .. }
            | Self::SecondFactorEnabled { .. }
            | Self::SecondFactorDisabled { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::RecoveryCodesRegenerated { .. }
            | Self::WrongCode { .. }
            | Self::NewDevice { .. } => None,
        }
    }
}

impl Mail {
    /// A mail that is handed to the mailer at `now`, by the clock that gave it its values.
    pub(crate) fn new(kind: MailKind, site: &Site, texts: Arc<dyn MailTexts>, now: OffsetDateTime) -> Self {
        Self { worth_sending_for: kind.life_left(now), kind, site: site.clone(), texts }
    }

    /// A mail of every kind, in English, some of them more than once where the wording depends on a value, with made-up passwords and
    /// links: to see how they look, in a test of a translation or on a page for developers.
    ///
    /// It needs no feature, since it opens nothing: what is in them is the same every time and belongs to nobody.
    ///
    /// ```
    /// use doorward::Site;
    /// use doorward::mail::Mail;
    ///
    /// let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// for mail in Mail::previews(&site) {
    ///     assert!(mail.subject().ends_with("– Acme") && mail.text().contains("help@acme.example"));
    /// }
    /// # Ok::<(), doorward::error::SiteError>(())
    /// ```
    pub fn previews(site: &Site) -> Vec<Self> {
        preview::previews(site)
    }

    /// The same mail in other words: for mailers that know the language of each recipient.
    #[must_use]
    pub fn in_words_of(self, texts: Arc<dyn MailTexts>) -> Self {
        Self { texts, ..self }
    }

    /// What it is about, with its values.
    pub fn kind(&self) -> &MailKind {
        &self.kind
    }

    /// Whom it speaks for.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// How long the mail is worth sending, from the moment in which the mailer is given it: what is left of the life of what
    /// it carries, or `None` for one that stays true. A queue counts it down on a monotonic clock and drops the mail then.
    ///
    /// It is a length of time, not an instant: the mailer's clock need not agree with that of the [`Auth`](crate::Auth).
    pub fn worth_sending_for(&self) -> Option<Duration> {
        self.worth_sending_for
    }

    /// The subject: one line, without a secret.
    pub fn subject(&self) -> String {
        compose::letter(self).subject()
    }

    /// The plain text part. **It holds the secret**, if the mail carries one.
    ///
    /// Nobody wipes this `String` when it is dropped. A mailer that keeps it for a while wraps it, into `zeroize::Zeroizing`
    /// say; libraries that it is given to, for MIME or HTTP, mostly copy it and wipe nothing.
    pub fn text(&self) -> String {
        compose::letter(self).text()
    }

    /// The HTML part: a whole page without images, scripts or anything remote. All values and texts are escaped. **It holds
    /// the secret**, if the mail carries one, and is wiped as little as [`text`](Self::text).
    pub fn html(&self) -> String {
        compose::letter(self).html()
    }
}
