use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use doorward::mail::Mail;
use doorward::store::BackendError;
use doorward::{Clock, Email, Mailer, async_trait};
use time::OffsetDateTime;

use crate::demo::DemoClock;

/// When, to whom, and what.
pub type Kept = (OffsetDateTime, Email, Mail);

/// Keeps mails for display on a page, instead of a mail server.
#[derive(Clone, Debug)]
pub struct Mailbox {
    clock: DemoClock,
    mails: Arc<Mutex<VecDeque<Kept>>>,
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
        let mut mails = self.mails.lock().unwrap();
        mails.push_back((self.clock.now(), to.clone(), mail.clone()));
        if mails.len() > Self::AT_MOST {
            mails.pop_front();
        }
        Ok(())
    }
}
