//! The journal: events entered in the state that they lead to, and handed to a sink where the store does not keep them.

use std::sync::Arc;

use super::background::Background;
use super::reporting::Reporting;
use crate::journal::JournalSink;
use crate::user::User;

pub(crate) struct Journaling {
    /// For a repository that does not store them itself.
    pub(crate) sink: Option<Arc<Reporting<dyn JournalSink>>>,
    pub(crate) background: Background,
}

impl Journaling {
    /// Hands over what a stored change has entered. A failure is reported.
    pub(super) async fn hand_over(&self, user: &User) {
        let Some(sink) = self.sink.clone().filter(|_| !user.journal_entries().is_empty()) else { return };
        let entries = user.journal_entries().to_vec();
        self.background.run(async move { drop(sink.append(&entries).await) }).await;
    }
}
