//! Sends mails, and reports those that could not be sent.

use std::sync::Arc;

use super::background::Background;
use super::events::Events;
use crate::event::EventKind;
use crate::mail::{Mail, MailKind, MailTexts, Mailer};
use crate::types::{BackendError, Email, Site};
use crate::user::User;

pub(crate) struct Mailing {
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) texts: Arc<dyn MailTexts>,
    pub(crate) site: Site,
    pub(crate) events: Arc<Events>,
    pub(crate) background: Background,
}

impl Mailing {
    /// Hands a mail to the mailer. A failure is reported as well.
    pub(crate) async fn send(&self, to: &Email, kind: MailKind) -> Result<(), BackendError> {
        let name = kind.name();
        let mail = Mail::new(kind, &self.site, Arc::clone(&self.texts), self.events.now());
        let sent = self.mailer.send(to, &mail).await;
        if let Err(error) = &sent {
            let kind = EventKind::MailFailed { mail: name, error: error.kind(), code: error.code_for_events() };
            self.events.report(kind).email(to).send();
        }
        sent
    }

    /// Notifies a user in background work. The change stands whether or not the mail is sent.
    pub(crate) async fn notify(self: &Arc<Self>, user: &User, kind: MailKind) {
        let (mailing, to) = (Arc::clone(self), user.email().clone());
        self.background.run(async move { drop(mailing.send(&to, kind).await) }).await;
    }
}
