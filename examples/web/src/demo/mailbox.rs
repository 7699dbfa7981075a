use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use doorward::mail::Mail;
use doorward::store::BackendError;
use doorward::{Clock, Email, Mailer};
use time::OffsetDateTime;

use crate::demo::DemoClock;

/// Keeps mails for display on a page, instead of a mail server.
#[derive(Clone, Debug)]
pub struct Mailbox {
    clock: DemoClock,
    mails: Arc<Mutex<VecDeque<Kept>>>,
}

#[derive(Clone)]
pub struct Kept {
    pub at: OffsetDateTime,
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Redacted in `Debug`: a mail's text contains its secret.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl Mailbox {
    const AT_MOST: usize = 200;

    pub fn new(clock: DemoClock) -> Self {
        Self { clock, mails: Arc::default() }
    }

    /// Newest first.
    pub fn mails(&self) -> Vec<Kept> {
        self.mails.lock().unwrap().iter().rev().cloned().collect()
    }

    pub fn clear(&self) {
        self.mails.lock().unwrap().clear();
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        let (to, at) = (to.as_typed().to_owned(), self.clock.now());
        let mut mails = self.mails.lock().unwrap();
        mails.push_back(Kept { at, to, subject: mail.subject(), text: mail.text() });
        if mails.len() > Self::AT_MOST {
            mails.pop_front();
        }
        Ok(())
    }
}
