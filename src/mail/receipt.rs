use core::any::Any;
use core::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_channel::oneshot;

/// Reports what became of a queued mail: call [`accepted`](Self::accepted) once the server has it.
///
/// A mailer takes it with [`Mail::receipt`](crate::mail::Mail::receipt) before [`send`](crate::Mailer::send) returns. The mail
/// then stays owed until the receipt reports the outcome, so it is sent again if the process ends first. Dropping the receipt
/// reports that the mail did not leave.
///
/// ```
/// use doorward::mail::{Mail, Receipt};
///
/// struct Queued {
///     text: String,
///     receipt: Option<Receipt>,
/// }
///
/// fn queued(mail: &Mail) -> Queued {
///     Queued { text: mail.text(), receipt: mail.receipt() }
/// }
///
/// fn answered(queued: Queued, reply: u16) {
///     match (queued.receipt, reply) {
///         (Some(receipt), 200..=299) => receipt.accepted(),
///         (Some(receipt), 500..=599) => receipt.refused(),
///         _ => {} // dropped: it did not leave
///     }
/// }
/// ```
#[must_use = "dropping it means that the mail did not leave"]
pub struct Receipt {
    sender: oneshot::Sender<(Received, UnderWay)>,
    enter: Enter,
}

/// Marks that what follows from a receipt is under way, until it is dropped.
pub(crate) type UnderWay = Box<dyn Any + Send>;
pub(crate) type Enter = Arc<dyn Fn() -> UnderWay + Send + Sync>;

/// What a receipt says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Received {
    Accepted,
    Unanswered,
    Refused,
}

impl Receipt {
    /// The server has accepted the mail for delivery: it is not owed any more.
    pub fn accepted(self) {
        self.say(Received::Accepted);
    }

    /// The server received the whole mail and did not answer, so it may have accepted it. The mail is sent once more, later; if
    /// that is not answered either, it is given up.
    pub fn unanswered(self) {
        self.say(Received::Unanswered);
    }

    /// The server has refused the mail for good, so it is not tried again.
    pub fn refused(self) {
        self.say(Received::Refused);
    }

    fn say(self, received: Received) {
        // What follows from it is work under way from now on. Nobody listens once the runtime has ended; then it is owed still.
        drop(self.sender.send((received, (self.enter)())));
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").finish_non_exhaustive()
    }
}

/// Where a mail keeps its receipt until the mailer takes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Receipt>>>);

impl Slot {
    pub(super) fn take(&self) -> Option<Receipt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The other end of a receipt.
pub(crate) struct Awaited {
    slot: Slot,
    receiver: oneshot::Receiver<(Received, UnderWay)>,
}

impl Awaited {
    pub(super) fn new(enter: Enter) -> (Slot, Self) {
        let (sender, receiver) = oneshot::channel();
        let slot = Slot(Arc::new(Mutex::new(Some(Receipt { sender, enter }))));
        (slot.clone(), Self { slot, receiver })
    }

    /// Whether the mailer has left it in the mail: it knows no more than that it took the mail. Call it once `send` has returned.
    pub(crate) fn is_left(&self) -> bool {
        self.slot.take().is_some()
    }

    /// Waits for what it says; `None` if the mail did not leave.
    pub(crate) async fn wait(self) -> Option<(Received, UnderWay)> {
        drop(self.slot);
        self.receiver.await.ok()
    }
}
