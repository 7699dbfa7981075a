use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use doorward::mail::{Mail, MailKind};
use doorward::store::BackendError;
use doorward::{Email, Mailer};

/// A mailer that records every mail. Clones share the record.
#[derive(Clone, Debug, Default)]
pub struct RecordingMailer(Arc<Mutex<Vec<RecordedMail>>>);

/// A mail that was sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedMail {
    /// The recipient.
    pub to: Email,
    /// The mail.
    pub mail: Mail,
}

impl RecordedMail {
    /// The temporary password it carries, if any.
    pub fn temporary_password(&self) -> Option<String> {
        match self.mail.kind() {
            MailKind::Welcome { temporary_password, .. } | MailKind::TemporaryPassword { temporary_password, .. } => {
                Some(temporary_password.expose().to_owned())
            }
            _ => None,
        }
    }

    /// The link it carries, if any.
    pub fn link(&self) -> Option<String> {
        match self.mail.kind() {
            MailKind::ConfirmReset { link, .. }
            | MailKind::ChooseNewPassword { link, .. }
            | MailKind::ConfirmRegistration { link, .. }
            | MailKind::Invitation { link, .. }
            | MailKind::ConfirmEmailChange { link, .. }
            | MailKind::EmailChanged { link, .. }
            | MailKind::DeletionRequested { link, .. } => Some(link.expose().to_owned()),
            _ => None,
        }
    }

    /// The token in its link, which the page behind the link receives.
    pub fn token(&self) -> Option<String> {
        self.link()?.split_once("token=").map(|(_, token)| token.to_owned())
    }
}

impl RecordingMailer {
    /// A mailer without any mails yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// All mails so far, the oldest first.
    pub fn mails(&self) -> Vec<RecordedMail> {
        self.lock().clone()
    }

    /// The number of mails so far.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// The latest mail.
    pub fn last(&self) -> Option<RecordedMail> {
        self.lock().last().cloned()
    }

    /// The latest mail to this address.
    pub fn last_to(&self, email: &Email) -> Option<RecordedMail> {
        self.lock().iter().rev().find(|recorded| recorded.to == *email).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RecordedMail>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailer for RecordingMailer {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        self.lock().push(RecordedMail { to: to.clone(), mail: mail.clone() });
        Ok(())
    }
}
