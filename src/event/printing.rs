use std::io::Write;

use doorward::Observer;
use doorward::event::Event;

/// Prints a line for each event to standard error: its name, its details, and whom it is about, by a pseudonym. For the first steps
/// on your own machine, and for programs whose output a supervisor keeps; events hold no secrets. `TracingObserver` (feature `tracing`)
/// has levels and fields.
///
/// ```
/// # use doorward::mail::PrintingMailer;
/// # use doorward::store::{MemoryAttempts, MemoryUsers};
/// # use doorward::{Auth, Site};
/// use doorward::event::PrintingObserver;
///
/// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
///     .observer(PrintingObserver)
///     .build()?;
/// # drop(auth);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct PrintingObserver;

impl Observer for PrintingObserver {
    fn observe(&self, event: &Event) {
        // A closed standard error is no reason to fail.
        drop(writeln!(std::io::stderr().lock(), "{}", line(event)));
    }
}

fn line(event: &Event) -> String {
    let mut line = format!("{} {:?}", event.kind.name(), event.kind);
    let subject = event.email_pseudonym.as_ref().map(|subject| subject.as_str());
    let ids = [
        ("subject", subject),
        ("user", event.user_id.as_ref().map(|id| id.as_str())),
        ("request", event.request_id.as_deref()),
        ("operator", event.operator.as_ref().map(|id| id.as_str())),
    ];
    for (name, id) in ids {
        if let Some(id) = id {
            // Ids may be the host's own, with whatever is in them: a line stays one line.
            line += &format!(" {name}={id:?}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::line;
    use doorward::UserId;
    use doorward::event::{Event, EventKind};

    #[test]
    fn an_event_is_one_line() {
        let mut event = Event::new(OffsetDateTime::UNIX_EPOCH, EventKind::SignedOut);
        event.user_id = UserId::parse("4711").ok();
        event.request_id = Some("7c\n1d".into());
        assert_eq!(line(&event), r#"session_expired:logout SignedOut user="4711" request="7c\n1d""#);
    }
}
