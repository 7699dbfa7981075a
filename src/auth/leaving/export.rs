use serde::Serialize;

use super::{Auth, SignedIn, find, may};
use crate::auth::Operator;
use crate::engine::{Committed, Decision, Engine};
use crate::error::leaving::ExportError;
use crate::error::{OperatorError, Unavailable};
use crate::event::EventKind;
use crate::journal::{Journal, JournalEntry};
use crate::types::{BackendError, rfc3339};
use crate::user::{PersonExport, User};

/// How many entries of the journal an export holds.
const MOST_ENTRIES: u32 = 1_000;

/// # Leaving: a copy of what is stored
impl Auth {
    /// Returns what the crate knows of the signed-in user as one JSON document for a person to read: field names in plain English,
    /// instants in RFC 3339. It holds no secret and nothing from which one could be guessed: no hash, digest, token or code, but how
    /// many there are, and when they were made and expire.
    ///
    /// Pass the `journal`, if you keep one, to add its latest 1,000 entries about this user, the latest first; the document says how many
    /// earlier ones there are. Operators are not named in it. What you store of the person yourself, and the attempts that are counted
    /// under a digest of the address for at most a day, are not part of it.
    ///
    /// The export is recorded, as an event and in the journal. Names of fields may change between releases: the document is for people.
    ///
    /// # Errors
    /// [`ExportError`]: after [`StepUpRequired`](ExportError::StepUpRequired) ask for the proof it names, so that a stolen session does
    /// not do.
    ///
    /// ```
    /// use doorward::journal::Journal;
    /// use doorward::leaving::ExportError;
    /// use doorward::{Auth, SignedIn};
    ///
    /// /// Answer with `Content-Disposition: attachment` and `Cache-Control: no-store`.
    /// async fn download(auth: &Auth, ann: &SignedIn, journal: &dyn Journal) -> Result<String, ExportError> {
    ///     auth.export(ann, Some(journal)).await
    /// }
    /// ```
    pub async fn export(&self, signed_in: &SignedIn, journal: Option<&dyn Journal>) -> Result<String, ExportError> {
        let engine = &self.engine;
        let user = find(engine, signed_in).await?;
        let outcome = engine
            .users
            .commit(user, |user, fresh| match may(engine, user, signed_in) {
                Ok(()) => Decision::store(user.unchanged(fresh), Ok(())).reporting(EventKind::Exported),
                Err(error) => Decision::Answer(Err(error)),
            })
            .await?;
        let Committed::Done(recorded, user) = outcome else { return Err(ExportError::SessionEnded) };
        recorded?;
        Ok(written(engine, &user, journal).await?)
    }
}

/// # Leaving: a copy of what is stored
impl Operator {
    /// As [`Auth::export`], for a person who asks an operator. First verify who is asking.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn export(
        &self,
        user: &crate::types::UserId,
        journal: Option<&dyn Journal>,
    ) -> Result<String, OperatorError> {
        let exported = self.change(user, EventKind::Exported, |user, fresh| Some(user.unchanged(fresh))).await?;
        let user = exported.ok_or(OperatorError::UnknownUser)?;
        Ok(written(self.engine(), &user, journal).await?)
    }
}

#[derive(Serialize)]
struct Export<'a> {
    exported_from: &'a str,
    exported_at: String,
    #[serde(flatten)]
    person: PersonExport,
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<JournalExport>,
}

#[derive(Serialize)]
struct JournalExport {
    latest_entries: Vec<EntryExport>,
    earlier_entries: u64,
}

#[derive(Serialize)]
struct EntryExport {
    number: u64,
    at: String,
    event: Box<str>,
    request: Option<Box<str>>,
    by_an_operator: bool,
}

async fn written(engine: &Engine, user: &User, journal: Option<&dyn Journal>) -> Result<String, Unavailable> {
    let entries = match journal {
        Some(journal) => {
            let latest = journal.latest(user.id(), None, MOST_ENTRIES).await;
            let report = |error: &BackendError| engine.events.report(EventKind::store_failed(error)).send();
            Some(latest.map_err(|error| error.during("latest")).inspect_err(report)?)
        }
        None => None,
    };
    let export = Export {
        exported_from: engine.mailing.site.name(),
        exported_at: rfc3339(engine.now()),
        person: user.export(),
        journal: entries.map(JournalExport::of),
    };
    // Serialising these structs cannot fail.
    Ok(serde_json::to_string_pretty(&export).unwrap_or_default())
}

impl JournalExport {
    fn of(entries: Vec<JournalEntry>) -> Self {
        let earlier_entries = entries.last().map_or(0, |entry| entry.seq.saturating_sub(1));
        Self { latest_entries: entries.into_iter().map(EntryExport::of).collect(), earlier_entries }
    }
}

impl EntryExport {
    fn of(entry: JournalEntry) -> Self {
        let JournalEntry { user_id: _, seq, at, event, request_id, operator, digest: _, checkpoint: _ } = entry;
        Self { number: seq, at: rfc3339(at), event, request: request_id, by_an_operator: operator.is_some() }
    }
}
