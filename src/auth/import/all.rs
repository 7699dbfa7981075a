//! Importing all accounts of another system, page by page: each row is inserted first, then marked.

use core::fmt;
use core::time::Duration;

use thiserror::Error;

use crate::account::{
    Import, ImportMark, ImportReport, ImportReview, ImportRow, ImportSource, Provision, SkipReason, SkippedRow,
};
use crate::auth::Operator;
use crate::engine::Found;
use crate::error::{ImportError, OperatorError, ProvisionError, Unavailable, WelcomeError};
use crate::hashing::PasswordHash;
use crate::types::{BackendError, BackendErrorKind, Email, UserId, after};
use crate::user::{User, UserHead};

/// Rows per page by default: the most that is inserted again after a killed run, and a few hundred KiB.
const PAGE: u32 = 500;
/// How long another instance may take from creating an account to mailing its welcome: longer than any mailer waits for a server.
const MAILING: Duration = Duration::from_secs(600);

/// # Importing
impl Operator {
    /// Imports all accounts of another system, with the hashes of their passwords. Set the options, then call
    /// [`run`](ImportRun::run).
    ///
    /// - A row that cannot be taken over does not stop the run: the report has its id and the reason.
    /// - A run may be repeated, killed at any moment, and made by several processes at once: inserting an account is
    ///   the claim, and a row whose account already exists is only marked. The result is the same as after one
    ///   undisturbed run.
    /// - The id of a row becomes the id of its account.
    /// - No mail is sent, unless you call [`mail_welcomes`](ImportRun::mail_welcomes).
    /// - Memory is bounded by the size of a page and the 10,000 rows that a report names.
    ///
    /// **Deleted people are not imported again**, because the source remembers which rows were taken over. If a run was
    /// killed, let one complete before you [`delete`](Self::delete) accounts, or delete with
    /// [`delete_imported`](Self::delete_imported): rows whose accounts were created just before the kill have no mark
    /// yet.
    ///
    /// An import trusts the other system: anyone who could sign in there can sign in here. Leave out the hash of a row
    /// whose address was never verified there; its owner then proves access to the mailbox through "Forgot your
    /// password?".
    ///
    /// See [`manual::coming_from`](crate::manual::coming_from) for the exports of Django, Laravel, Devise and others, the example
    /// `import`, which reads such files, and the example `custom_postgres`, which reads a table.
    ///
    /// ```
    /// use doorward::Operator;
    /// use doorward::account::{ImportSource, ImportStopped};
    ///
    /// async fn take_over(operator: &Operator, old: &dyn ImportSource) -> Result<(), ImportStopped> {
    ///     let progress = |so_far: &_| println!("{so_far}");
    ///     let report = operator.import_from(old).on_progress(progress).run().await?;
    ///     for row in &report.rows {
    ///         eprintln!("{row}"); // such as "row 4711: the address is malformed"
    ///     }
    ///     if report.may_empty_old_hashes() {
    ///         println!("no hash is left in the old table");
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn import_from<'a>(&'a self, source: &'a dyn ImportSource) -> ImportRun<'a> {
        let rows = Rows { operator: self, welcome: false, provision_unreadable: false };
        ImportRun { rows, source, page_size: PAGE, on_progress: Box::new(|_| {}), on_skipped: Box::new(|_| {}) }
    }

    /// Compares the rows of a source with the accounts: which were deleted since, which addresses differ, how many passwords are
    /// still kept as old hashes, and what is left. It changes nothing, and reads every row: one look-up for each that was taken over.
    ///
    /// # Errors
    /// [`ImportStopped`] if a store or the source failed. Its report is empty.
    pub async fn review_import(&self, source: &dyn ImportSource) -> Result<ImportReview, ImportStopped> {
        let stopped = |stop: Stop| stop.with(ImportReport::default());
        let mut review = ImportReview::default();
        for mark in [None, Some(ImportMark::Held), Some(ImportMark::TakenOver)] {
            let mut pages = Pages::new(source, mark, PAGE);
            while let Some(page) = pages.next().await.map_err(stopped)? {
                for row in &page {
                    if mark == Some(ImportMark::TakenOver) {
                        self.review(row, &mut review).await.map_err(stopped)?;
                    } else {
                        review.left += 1;
                        review.hashes_left += u64::from(row.hash.is_some());
                    }
                }
            }
        }
        Ok(review)
    }

    async fn review(&self, row: &ImportRow, review: &mut ImportReview) -> Result<(), Stop> {
        let engine = self.engine();
        engine.open()?;
        review.taken_over += 1;
        // Only rows with an id were taken over.
        let Some(id) = nameable(&row.id) else { return Ok(()) };
        match engine.users.find_by_id(&id).await {
            Ok(Some(user)) => {
                review.old_hashes += u64::from(engine.hashing.has_old_hash(&user));
                if Email::from_input(&row.email).ok().as_ref() != Some(user.email()) {
                    review.differs(id);
                }
            }
            Ok(None) => review.deleted += 1,
            Err(error) => {
                refusal(error)?;
                review.unreadable += 1;
            }
        }
        Ok(())
    }

    /// Deletes an account that may have been imported: marks its row in the source, then deletes the account. No later
    /// run then imports the person again, even if the run that created the account was killed before it marked the row.
    ///
    /// # Errors
    /// [`OperatorError`]. If the source failed, it is `Unavailable` and the account was not deleted.
    pub async fn delete_imported(&self, source: &dyn ImportSource, user: &UserId) -> Result<(), OperatorError> {
        source.mark(&[user.as_str()], ImportMark::TakenOver).await.map_err(Unavailable::from)?;
        self.delete(user).await
    }
}

/// An import of all accounts, prepared by [`Operator::import_from`] and started by [`run`](Self::run).
#[must_use = "nothing is imported until it is run"]
pub struct ImportRun<'a> {
    rows: Rows<'a>,
    source: &'a dyn ImportSource,
    page_size: u32,
    on_progress: Box<dyn FnMut(&ImportReport) + Send + 'a>,
    on_skipped: Box<dyn FnMut(&SkippedRow) + Send + 'a>,
}

impl<'a> ImportRun<'a> {
    /// Sets how many rows are read and marked at a time, at least 1; default 500. A killed run leaves at most one page
    /// of accounts whose rows are not marked.
    pub fn page_size(self, rows: u32) -> Self {
        Self { page_size: rows.max(1), ..self }
    }

    /// Mails a welcome with a first password to every active person who is provisioned without a hash, as [`Operator::provision`]
    /// does. Without this, no mail is sent, and they set a password through "Forgot your password?".
    ///
    /// Each row is marked as soon as its mail is accepted. If a run is killed between the two, the next one mails that
    /// person again.
    pub fn mail_welcomes(self) -> Self {
        Self { rows: Rows { welcome: true, ..self.rows }, ..self }
    }

    /// Provisions rows whose hash cannot be read, without that hash, instead of skipping them: their owners set a
    /// password through "Forgot your password?", or are mailed a welcome. [`ImportReport::hashes_dropped`] counts them.
    pub fn provision_unreadable(self) -> Self {
        Self { rows: Rows { provision_unreadable: true, ..self.rows }, ..self }
    }

    /// Sets what is called after each page, with the report so far.
    pub fn on_progress(self, call: impl FnMut(&ImportReport) + Send + 'a) -> Self {
        Self { on_progress: Box::new(call), ..self }
    }

    /// Sets what is called for each row that is skipped, including rows beyond those that the report names.
    pub fn on_skipped(self, call: impl FnMut(&SkippedRow) + Send + 'a) -> Self {
        Self { on_skipped: Box::new(call), ..self }
    }

    /// Reads the source to its end and takes over every row that it can.
    ///
    /// # Errors
    /// [`ImportStopped`] if a store or the source failed, with the report so far. Run again: it continues where it stopped.
    pub async fn run(mut self) -> Result<ImportReport, ImportStopped> {
        let mut report = ImportReport::default();
        match self.run_over(&mut report).await {
            Ok(()) => Ok(ImportReport { complete: true, ..report }),
            Err(stop) => Err(stop.with(report)),
        }
    }

    async fn run_over(&mut self, report: &mut ImportReport) -> Result<(), Stop> {
        // Held rows first: what is held during this run is reported once.
        for mark in [Some(ImportMark::Held), None] {
            let mut pages = Pages::new(self.source, mark, self.page_size);
            while let Some(page) = pages.next().await? {
                let (mut taken, mut held) = (Vec::new(), Vec::new());
                let done = self.page(&page, mark, report, &mut taken, &mut held).await;
                // Also before a stop, so that the next run has less to do.
                for (ids, mark) in [(&taken, ImportMark::TakenOver), (&held, ImportMark::Held)] {
                    if !ids.is_empty() {
                        self.source.mark(ids, mark).await.map_err(Stop::Source)?;
                    }
                }
                done?;
                (self.on_progress)(report);
            }
        }
        Ok(())
    }

    async fn page<'p>(
        &mut self,
        page: &'p [ImportRow],
        mark: Option<ImportMark>,
        report: &mut ImportReport,
        taken: &mut Vec<&'p str>,
        held: &mut Vec<&'p str>,
    ) -> Result<(), Stop> {
        for row in page {
            let outcome = match mark {
                Some(_) => self.rows.held(row).await,
                None => self.rows.take_over(row, report).await,
            };
            let outcome = match outcome {
                Ok(outcome) => outcome,
                Err(Failed::Skip(reason)) => Outcome::Skipped(reason),
                Err(Failed::Stop(stop)) => return Err(stop),
            };
            report.read += 1;
            match outcome {
                Outcome::TakenOver => {
                    report.taken_over_already += u64::from(mark.is_some());
                    taken.push(&row.id);
                }
                Outcome::Welcomed => {
                    self.source.mark(&[&row.id], ImportMark::TakenOver).await.map_err(Stop::Source)?;
                }
                Outcome::Skipped(reason) => {
                    if matches!(reason, SkipReason::EmailTaken { .. }) && mark.is_none() {
                        held.push(&row.id);
                    }
                    let skipped = SkippedRow { position: report.read, id: nameable(&row.id), reason };
                    report.skip(&skipped, row.hash.is_some());
                    (self.on_skipped)(&skipped);
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ImportRun<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { page_size, rows: Rows { welcome, provision_unreadable, .. }, .. } = self;
        let mut shown = f.debug_struct("ImportRun");
        shown.field("page_size", page_size).field("mail_welcomes", welcome);
        shown.field("provision_unreadable", provision_unreadable).finish_non_exhaustive()
    }
}

/// How a single row is taken over.
#[derive(Clone, Copy)]
struct Rows<'a> {
    operator: &'a Operator,
    welcome: bool,
    provision_unreadable: bool,
}

impl Rows<'_> {
    /// The outcome for a row that is held.
    async fn held(&self, row: &ImportRow) -> Result<Outcome, Failed> {
        let (id, email) = read(row)?;
        match self.find(&id, &email).await? {
            Whose::TheRows(_) => Ok(Outcome::TakenOver),
            Whose::OtherAddress => Err(SkipReason::IdTaken.into()),
            Whose::OtherAccount(by) => Err(SkipReason::EmailTaken { by }.into()),
            Whose::Nobodys => Err(SkipReason::Held.into()),
        }
    }

    async fn take_over(&self, row: &ImportRow, report: &mut ImportReport) -> Result<Outcome, Failed> {
        let (id, email) = read(row)?;
        let accepts = |hash: &PasswordHash| self.operator.engine().hashing.config.accepts(hash.scheme());
        let hash = match row.hash.as_deref().map(PasswordHash::parse) {
            None => None,
            Some(Ok(hash)) if accepts(&hash) => Some(hash),
            Some(Ok(_)) => return self.unless_there(&id, &email, SkipReason::LegacyScheme, report).await,
            Some(Err(error)) if !self.provision_unreadable => {
                return self.unless_there(&id, &email, SkipReason::UnreadableHash(error), report).await;
            }
            Some(Err(_)) => None,
        };
        let provisions = hash.is_none();
        let created = match hash {
            Some(hash) => self.import(row, &id, &email, hash, report).await?,
            None => self.provision(row, &id, &email, report).await?,
        };
        match created {
            Created::As(outcome) => {
                report.deactivated += u64::from(row.deactivated);
                Ok(outcome)
            }
            Created::Refused { gone } => self.refused(provisions, &id, &email, gone, report).await,
        }
    }

    async fn import(
        &self,
        row: &ImportRow,
        id: &UserId,
        email: &Email,
        hash: PasswordHash,
        report: &mut ImportReport,
    ) -> Result<Created, Failed> {
        let account = Import {
            change_required: row.change_required,
            deactivated: row.deactivated,
            ..Import::new(email.clone(), hash).id(id.clone())
        };
        match self.operator.import_user(account).await {
            Ok(imported) => {
                report.imported += 1;
                *report.schemes.entry(imported.scheme.as_str()).or_default() += 1;
                for risk in &imported.risks {
                    *report.risks.entry(risk.as_str()).or_default() += 1;
                }
                report.count_cost(imported.cost);
                Ok(Created::As(Outcome::TakenOver))
            }
            Err(ImportError::EmailTaken) => Ok(Created::Refused { gone: false }),
            Err(ImportError::IdTaken) => Ok(Created::Refused { gone: true }),
            Err(ImportError::LegacyScheme) => Err(SkipReason::LegacyScheme.into()),
            Err(ImportError::Unavailable(error)) => Err(refused_by_store(error)),
        }
    }

    async fn provision(
        &self,
        row: &ImportRow,
        id: &UserId,
        email: &Email,
        report: &mut ImportReport,
    ) -> Result<Created, Failed> {
        let account = Provision { deactivated: row.deactivated, ..Provision::new(email.clone()).id(id.clone()) };
        let welcome = self.welcome && !row.deactivated;
        let done = if welcome {
            self.operator.provision(account).await.map(drop)
        } else {
            // Nobody learns the first password: a reset replaces it.
            self.operator.provision_without_mail(account).await.map(drop)
        };
        let outcome = match done {
            Ok(()) if welcome => Outcome::Welcomed,
            Ok(()) => Outcome::TakenOver,
            Err(ProvisionError::MailFailed { .. }) => Outcome::Skipped(SkipReason::WelcomeNotMailed),
            Err(ProvisionError::EmailTaken) => return Ok(Created::Refused { gone: false }),
            Err(ProvisionError::IdTaken) => return Ok(Created::Refused { gone: true }),
            Err(ProvisionError::Unavailable(error)) => return Err(refused_by_store(error)),
        };
        report.provisioned += 1;
        report.hashes_dropped += u64::from(row.hash.is_some());
        Ok(Created::As(outcome))
    }

    /// Why the store did not insert the account. `gone` says that the id was taken: if no account has it now, the
    /// account was deleted, before (by a store that remembers deleted people) or at this moment.
    async fn refused(
        &self,
        provisions: bool,
        id: &UserId,
        email: &Email,
        gone: bool,
        report: &mut ImportReport,
    ) -> Result<Outcome, Failed> {
        match self.find(id, email).await? {
            Whose::TheRows(user) => self.there_already(provisions, &user, report).await,
            Whose::OtherAddress => Err(SkipReason::IdTaken.into()),
            Whose::OtherAccount(by) if !gone => Err(SkipReason::EmailTaken { by }.into()),
            Whose::Nobodys if !gone => Err(SkipReason::EmailTaken { by: None }.into()),
            Whose::OtherAccount(_) | Whose::Nobodys => {
                report.taken_over_already += 1;
                Ok(Outcome::TakenOver)
            }
        }
    }

    async fn there_already(&self, provisions: bool, user: &User, report: &mut ImportReport) -> Result<Outcome, Failed> {
        let engine = self.operator.engine();
        let unwelcomed = self.welcome && provisions && user.is_active() && user.awaits_first_password();
        if !unwelcomed {
            report.taken_over_already += 1;
            return Ok(Outcome::TakenOver);
        }
        if engine.now() < after(user.overview().created_at, MAILING) {
            return Err(SkipReason::WelcomeNotMailed.into());
        }
        match self.operator.resend_welcome(user.id()).await {
            Ok(_) => {}
            Err(WelcomeError::MailFailed { .. }) => return Err(SkipReason::WelcomeNotMailed.into()),
            Err(WelcomeError::Unavailable(error)) => return Err(refused_by_store(error)),
            // The owner or an operator was faster.
            Err(_) => {}
        }
        report.taken_over_already += 1;
        Ok(Outcome::Welcomed)
    }

    /// A row that cannot be taken over may have been provisioned by hand in the meantime.
    async fn unless_there(
        &self,
        id: &UserId,
        email: &Email,
        reason: SkipReason,
        report: &mut ImportReport,
    ) -> Result<Outcome, Failed> {
        match self.find(id, email).await? {
            Whose::TheRows(_) => {
                report.taken_over_already += 1;
                Ok(Outcome::TakenOver)
            }
            _ => Err(reason.into()),
        }
    }

    async fn find(&self, id: &UserId, email: &Email) -> Result<Whose, Failed> {
        let users = &self.operator.engine().users;
        self.operator.engine().open().map_err(refused_by_store)?;
        match users.find_by_id(id).await.map_err(refused_by_store)? {
            Some(user) if user.email() == email => return Ok(Whose::TheRows(Box::new(user))),
            Some(_) => return Ok(Whose::OtherAddress),
            None => {}
        }
        Ok(match users.find_by_email(email).await.map_err(refused_by_store)? {
            Found::Somebody(head) => Whose::OtherAccount(shown(&head)),
            Found::Unreadable => Whose::OtherAccount(None),
            Found::Nobody => Whose::Nobodys,
        })
    }
}

/// Why a run did not reach the end of its source. Nothing is lost: run again, and it continues.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportStopped {
    /// The source could not be read, or did not store a mark.
    #[error("the source of the import failed")]
    Source {
        /// What was done until then.
        report: Box<ImportReport>,
        /// The source's error.
        source: BackendError,
    },
    /// The store of users failed, or the `Auth` was closed.
    #[error("the import stopped: {source}")]
    Unavailable {
        /// What was done until then.
        report: Box<ImportReport>,
        /// The cause.
        source: Unavailable,
    },
    /// The source returned the row `after` again, so a run would never end: its pages do not begin after that row.
    #[error("the source of the import returned a row again instead of the rows after it")]
    Repeated {
        /// What was done until then.
        report: Box<ImportReport>,
    },
}

impl ImportStopped {
    /// What was done until then.
    pub fn report(&self) -> &ImportReport {
        match self {
            Self::Source { report, .. } | Self::Unavailable { report, .. } | Self::Repeated { report } => report,
        }
    }

    /// A stable name in snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source { .. } => "source_failed",
            Self::Unavailable { source, .. } => source.code(),
            Self::Repeated { .. } => "source_repeats",
        }
    }
}

/// Why a run stops.
enum Stop {
    Source(BackendError),
    Unavailable(Unavailable),
    Repeated,
}

impl Stop {
    fn with(self, report: ImportReport) -> ImportStopped {
        let report = Box::new(report);
        match self {
            Self::Source(source) => ImportStopped::Source { report, source },
            Self::Unavailable(source) => ImportStopped::Unavailable { report, source },
            Self::Repeated => ImportStopped::Repeated { report },
        }
    }
}

impl From<Unavailable> for Stop {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

/// Why a row was not taken over: for a reason of its own, or because the run stops.
enum Failed {
    Skip(SkipReason),
    Stop(Stop),
}

impl From<SkipReason> for Failed {
    fn from(reason: SkipReason) -> Self {
        Self::Skip(reason)
    }
}

enum Outcome {
    /// To be marked with its page.
    TakenOver,
    /// To be marked at once, so that nobody is mailed twice.
    Welcomed,
    Skipped(SkipReason),
}

enum Created {
    As(Outcome),
    /// The address is taken, or the id if `gone`.
    Refused {
        gone: bool,
    },
}

/// Who has the id and the address of a row.
enum Whose {
    TheRows(Box<User>),
    /// The account with this id has another address.
    OtherAddress,
    /// The account with this address has another id; `Some` if that id may be shown.
    OtherAccount(Option<UserId>),
    Nobodys,
}

/// The rows with one mark, page by page.
struct Pages<'a> {
    source: &'a dyn ImportSource,
    mark: Option<ImportMark>,
    size: u32,
    after: Option<Box<str>>,
}

impl<'a> Pages<'a> {
    fn new(source: &'a dyn ImportSource, mark: Option<ImportMark>, size: u32) -> Self {
        Self { source, mark, size, after: None }
    }

    async fn next(&mut self) -> Result<Option<Vec<ImportRow>>, Stop> {
        let after = self.after.as_deref();
        let page = self.source.next_page(self.mark, after, self.size).await.map_err(Stop::Source)?;
        let Some(last) = page.last() else { return Ok(None) };
        if page.iter().any(|row| Some(&*row.id) == after) {
            return Err(Stop::Repeated);
        }
        self.after = Some(last.id.clone());
        Ok(Some(page))
    }
}

fn read(row: &ImportRow) -> Result<(UserId, Email), SkipReason> {
    let id = nameable(&row.id).ok_or(SkipReason::MalformedId)?;
    Ok((id, Email::from_input(&row.email).map_err(|_| SkipReason::MalformedEmail)?))
}

/// An id that may be shown: a text that looks like an address or a hash came from another column.
fn nameable(text: &str) -> Option<UserId> {
    let is_secret = text.contains(['@', '$']) || PasswordHash::parse(text).is_ok();
    UserId::parse(text).ok().filter(|_| !is_secret)
}

fn shown(head: &UserHead) -> Option<UserId> {
    nameable(head.id().as_str())
}

/// Whether the store refused this row alone. If not, the run stops.
fn refusal(error: Unavailable) -> Result<SkipReason, Stop> {
    match &error {
        Unavailable::Backend(backend)
            if matches!(backend.kind(), BackendErrorKind::Refused | BackendErrorKind::Unreadable) =>
        {
            Ok(SkipReason::Refused { code: backend.code_for_events() })
        }
        _ => Err(Stop::Unavailable(error)),
    }
}

fn refused_by_store(error: Unavailable) -> Failed {
    refusal(error).map_or_else(Failed::Stop, Failed::Skip)
}
