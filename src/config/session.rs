use time::OffsetDateTime;

use super::{ConfigError, DAY, MINUTE};
use crate::session::SessionLifetimes;
use crate::types::{CLOCK_GRACE, after};
use crate::user::{MOST_SESSIONS, USUAL_SESSIONS};

/// Settings of sessions.
///
/// ```
/// use doorward::session::SessionLifetimes;
/// # use doorward::{Auth, Site};
/// # use doorward::mail::PrintingMailer;
/// # use doorward::store::{MemoryAttempts, MemoryUsers};
/// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// # let (users, attempts, mailer) = (MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
///
/// let auth = Auth::builder(site, users, attempts, mailer)
///     .configure(|config| {
///         config.session.lifetimes = SessionLifetimes::AAL3;
///         config.session.kept_lifetimes = SessionLifetimes::AAL3; // nobody is kept signed in for longer
///         config.session.at_most = 1; // one at a time, and one on a new device
///     })
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionConfig {
    /// The lifetimes of a session; default [`SessionLifetimes::AAL2`]: 24 hours, and an hour without use. They do not limit those who
    /// ask to be kept signed in: to hold everybody to one assurance level, set [`kept_lifetimes`](Self::kept_lifetimes) to the same.
    pub lifetimes: SessionLifetimes,
    /// The lifetimes for users who ask to be kept signed in
    /// ([`SignInRequest::keep_signed_in`](crate::SignInRequest::keep_signed_in)), none shorter than in
    /// [`lifetimes`](Self::lifetimes); default [`SessionLifetimes::AAL1`]: 30 days.
    pub kept_lifetimes: SessionLifetimes,
    /// How many sessions a user may have at once, 1 to 50; default 20 (ASVS 5.0, 7.1.2). One more ends the least recently used.
    /// Signing in again in the same browser always ends the session before.
    ///
    /// Signing in again and again must not sign the owner out. So a session on a new device (known for less than a week), or on
    /// none, ends only other such sessions. One of them always fits, in addition to this number on older devices.
    pub at_most: usize,
    /// Refuses a further session instead of ending the least recently used; default off. **Anyone who knows the password can
    /// then keep the owner out**, by taking all places, until the owner resets the password. Owners can also lock themselves out,
    /// with sessions in browsers they no longer use.
    pub danger_refuse_when_full: bool,
    /// Ends every session and every sign-in under way that began before this instant, in each process that is built
    /// with it. Set it after restoring a backup, or when a key has leaked. Devices stay known. Default none.
    ///
    /// It takes effect at once, and cannot be undone by setting an earlier instant: an ended session is removed when it is next
    /// used. Sessions are dated by the machine that opened them, so if several machines run, set it a minute ahead; sessions
    /// opened in that minute end at once. An instant further ahead is a [`BuildError`](crate::error::BuildError).
    /// [`Operator::sign_out_everybody`](crate::Operator::sign_out_everybody) does the same permanently, account by
    /// account.
    pub not_before: Option<OffsetDateTime>,
    /// Looks for signs that several people share an account, and reports them
    /// ([`SharingSuspected`](crate::event::EventKind::SharingSuspected)); default on. Nobody is refused because of
    /// them. The account remembers its devices for thirty days and, if the host passes client addresses and has an
    /// [`index_key`](crate::AuthBuilder::index_key), digests of those addresses under that key.
    pub watch_for_sharing: bool,
    /// Also mails the owner of such an account a reminder
    /// ([`SharingReminder`](crate::mail::MailKind::SharingReminder)), at most once in seven days; default off.
    pub remind_of_sharing: bool,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            lifetimes: SessionLifetimes::AAL2,
            kept_lifetimes: SessionLifetimes::AAL1,
            at_most: USUAL_SESSIONS,
            danger_refuse_when_full: false,
            not_before: None,
            watch_for_sharing: true,
            remind_of_sharing: false,
        }
    }
}

impl SessionConfig {
    /// Whether sessions that begin in a minute would be over at once.
    pub(crate) fn check_not_before(&self, now: OffsetDateTime) -> Result<(), ConfigError> {
        match self.not_before {
            Some(not_before) if not_before > after(now, CLOCK_GRACE) => {
                Err(ConfigError::new("session.not_before", "is in the future"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let durations = [
            ("session.lifetimes.absolute", self.lifetimes.absolute),
            ("session.lifetimes.idle", self.lifetimes.idle),
            ("session.kept_lifetimes.absolute", self.kept_lifetimes.absolute),
            ("session.kept_lifetimes.idle", self.kept_lifetimes.idle),
        ];
        for (field, value) in durations {
            if !(MINUTE..=400 * DAY).contains(&value) {
                return Err(ConfigError::new(field, "is not between a minute and 400 days"));
            }
        }
        let (kept, plain) = (self.kept_lifetimes, self.lifetimes);
        if kept.absolute < plain.absolute || kept.idle < plain.idle {
            return Err(ConfigError::new("session.kept_lifetimes", "is shorter than session.lifetimes"));
        }
        if !(1..=MOST_SESSIONS).contains(&self.at_most) {
            return Err(ConfigError::new("session.at_most", "is not between 1 and 50"));
        }
        Ok(())
    }
}
