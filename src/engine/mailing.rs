//! Mails: sent, or reported as not sent.

use std::sync::Arc;

use super::Engine;
use crate::event::EventKind;
use crate::mail::{Mail, MailKind};
use crate::types::{BackendError, Email};
use crate::user::User;

impl Engine {
    /// Hands a mail to the mailer. A failure is an event as well.
    pub(crate) async fn mail(&self, to: &Email, kind: MailKind) -> Result<(), BackendError> {
        let name = kind.name();
        let mail = Mail::new(kind, &self.site, Arc::clone(&self.texts), self.now());
        let sent = self.mailer.send(to, &mail).await;
        if let Err(error) = &sent {
            let kind = EventKind::MailFailed { mail: name, error: error.kind(), code: error.code_for_events() };
            self.report(kind).email(to).send();
        }
        sent
    }

    /// Tells a user, in background work, of something that has happened. It has happened whether or not the mail goes out.
    pub(crate) async fn notify(self: &Arc<Self>, user: &User, kind: MailKind) {
        let (engine, to) = (Arc::clone(self), user.email().clone());
        self.background.run(async move { drop(engine.mail(&to, kind).await) }).await;
    }
}
