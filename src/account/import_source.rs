//! Where accounts are imported from: a port, and the rows that it returns.

use core::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::types::BackendError;

/// The users of another system, for [`Operator::import_from`](crate::Operator::import_from): a table, or an export
/// file.
///
/// **The source keeps a mark for each row**, in a column or a table of the host's. A mark says that the row was
/// handled. It outlives the account, so a person who was deleted here is never imported again. You may delete rows of
/// the source, but never clear the mark of a row that was taken over and stays.
///
/// # Contract
/// - **Ordered.** Pages follow a fixed order of ids, each strictly after the row `after`. Any order will do.
/// - **Durable.** Once [`mark`](Self::mark) has returned, the mark survives a crash, and every later page of any process sees it.
/// - **Final.** [`ImportMark::TakenOver`] is never replaced by [`ImportMark::Held`].
/// - **Named.** Each row has a unique id that is not an address: it becomes the id of the account and appears in
///   reports.
///
/// With a text column `import_mark` in an old table with integer keys, the methods are these statements on PostgreSQL (the example
/// `custom_postgres` has them in a program; on SQLite write `IS` for `IS NOT DISTINCT FROM`):
///
/// ```sql
/// SELECT id, email, password FROM old_users
///     WHERE import_mark IS NOT DISTINCT FROM $1 AND ($2 IS NULL OR id > $2) ORDER BY id LIMIT $3;
///
/// UPDATE old_users SET import_mark = $2 WHERE id = ANY($1) AND import_mark IS DISTINCT FROM 'taken_over';
/// ```
///
/// A source in memory, for a file that has been read. A real one must write its marks to disk:
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Mutex, PoisonError};
///
/// use doorward::account::{ImportMark, ImportRow, ImportSource};
/// use doorward::mail::PrintingMailer;
/// use doorward::store::{BackendError, MemoryAttempts, MemoryUsers};
/// use doorward::{Auth, Site, async_trait};
///
/// struct Export(Vec<(u32, &'static str)>, Mutex<HashMap<u32, ImportMark>>);
///
/// #[async_trait]
/// impl ImportSource for Export {
///     async fn next_page(
///         &self,
///         mark: Option<ImportMark>,
///         after: Option<&str>,
///         at_most: u32,
///     ) -> Result<Vec<ImportRow>, BackendError> {
///         let marks = self.1.lock().unwrap_or_else(PoisonError::into_inner);
///         let after = after.and_then(|id| id.parse().ok()).unwrap_or(0);
///         let due = self.0.iter().filter(|(id, _)| *id > after && marks.get(id).copied() == mark);
///         Ok(due.take(at_most as usize).map(|(id, email)| ImportRow::new(id, *email)).collect())
///     }
///
///     async fn mark(&self, ids: &[&str], mark: ImportMark) -> Result<(), BackendError> {
///         let mut marks = self.1.lock().unwrap_or_else(PoisonError::into_inner);
///         for id in ids.iter().filter_map(|id| id.parse().ok()) {
///             marks.entry(id).and_modify(|old| *old = (*old).max(mark)).or_insert(mark);
///         }
///         Ok(())
///     }
/// }
///
/// # pollster::block_on(async {
/// let export = Export(vec![(1, "ann@acme.example"), (2, "bob at acme"), (3, "Ann@Acme.example")], Mutex::default());
/// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// # let builder = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
/// # let (auth, operator) = builder.build_with_operator()?;
/// let report = operator.import_from(&export).run().await?;
/// assert_eq!((report.provisioned, report.reasons["malformed_email"], report.reasons["email_taken"]), (1, 1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[async_trait]
pub trait ImportSource: Send + Sync {
    /// Returns the next rows with this mark, or without one if `mark` is `None`: at most `at_most`, after the row whose
    /// id is `after`. An empty page is the end.
    ///
    /// # Errors
    /// [`BackendError`] if the source cannot be read. The run stops; a later one continues.
    async fn next_page(
        &self,
        mark: Option<ImportMark>,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<ImportRow>, BackendError>;

    /// Marks these rows. An id without a row is not an error.
    ///
    /// # Errors
    /// [`BackendError`] if some mark was not stored. The run stops; a later one finds the accounts and marks their rows.
    async fn mark(&self, ids: &[&str], mark: ImportMark) -> Result<(), BackendError>;
}

/// Forwards to the inner source.
#[async_trait]
impl<T: ImportSource + ?Sized> ImportSource for Arc<T> {
    async fn next_page(
        &self,
        mark: Option<ImportMark>,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<ImportRow>, BackendError> {
        (**self).next_page(mark, after, at_most).await
    }

    async fn mark(&self, ids: &[&str], mark: ImportMark) -> Result<(), BackendError> {
        (**self).mark(ids, mark).await
    }
}

/// What a source remembers about a row. A row without a mark was not taken over: every run tries it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ImportMark {
    /// Another account had the row's address. No run imports the row, even after that account is deleted, since that
    /// would bring the deleted person back. Every run reports it. Clear this mark once the row is corrected.
    Held,
    /// The row has, or had, an account. The mark stays when the account is deleted.
    TakenOver,
}

impl ImportMark {
    /// A stable name in snake_case, for a column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::TakenOver => "taken_over",
        }
    }
}

/// A row of the other system, as it is there: none of it has to be valid. `Debug` shows only whether there is a hash.
///
/// ```
/// use doorward::account::ImportRow;
///
/// let row = ImportRow::new(4711, "ann@acme.example").password_hash("$2y$10$...".to_owned());
/// # let no_password: Option<String> = None;
/// let row = ImportRow::new("auth0|5f7c8ec7", "bob@acme.example").password_hash(no_password).deactivated(true);
/// ```
#[derive(Clone)]
pub struct ImportRow {
    pub(crate) id: Box<str>,
    pub(crate) email: Box<str>,
    pub(crate) hash: Option<Box<str>>,
    pub(crate) deactivated: bool,
    pub(crate) change_required: bool,
}

impl ImportRow {
    /// A row with this id and this address, without a password. The id becomes the [`UserId`](crate::UserId).
    pub fn new(id: impl fmt::Display, email: impl Into<String>) -> Self {
        let (id, email) = (id.to_string().into(), email.into().into());
        Self { id, email, hash: None, deactivated: false, change_required: false }
    }

    /// The row's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Sets the text of the password hash, without the blanks that fixed-width columns add. `None`, an empty text and
    /// Django's unusable passwords (which begin with `!`) mean no hash: the owner sets a password through "Forgot your
    /// password?".
    #[must_use]
    pub fn password_hash(self, hash: impl Into<Option<String>>) -> Self {
        let hash: Option<String> = hash.into();
        let hash = hash.as_deref().map(|text| text.trim_matches([' ', '\t', '\r', '\n']));
        Self { hash: hash.filter(|text| !text.is_empty() && !text.starts_with('!')).map(Into::into), ..self }
    }

    /// Sets whether the person is blocked, as other systems say with `is_active = false`, `enabled: false`, `blocked`
    /// or `disabled`. If so, the account is created deactivated; [`Operator::reactivate`](crate::Operator::reactivate)
    /// activates it.
    #[must_use]
    pub fn deactivated(self, deactivated: bool) -> Self {
        Self { deactivated, ..self }
    }

    /// Requires a new password, under this system's policy, at the first sign-in.
    #[must_use]
    pub fn require_password_change(self) -> Self {
        Self { change_required: true, ..self }
    }
}

impl fmt::Debug for ImportRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hash, deactivated, change_required, .. } = self;
        let mut shown = f.debug_struct("ImportRow");
        shown.field("has_hash", &hash.is_some()).field("deactivated", deactivated);
        shown.field("change_required", change_required).finish_non_exhaustive()
    }
}
