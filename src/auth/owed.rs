//! Mails that are owed: delivered by the host's own timer, or by a worker.

use core::time::Duration;
use std::sync::{Arc, Weak};

use super::Auth;
use crate::config::Sleep;
use crate::crypto::Draw;
use crate::engine::{Background, Engine};
use crate::error::Unavailable;
use crate::mail::OwedReport;

/// # Mails that are owed
impl Auth {
    /// Delivers the mails that are owed and due: those that a flow could not send, and those that a process left behind when it ended.
    /// Call it every minute or so, where the builder has no [`sleep`](crate::AuthBuilder::sleep) and so no worker does. Without
    /// [`owed_mails`](crate::AuthBuilder::owed_mails) nothing is owed, and it does nothing.
    ///
    /// Several processes may call it at once: each mail is taken by one of them. A mail with a link or a temporary password gets
    /// a new one, which invalidates the one it replaces. If the future is dropped, [background](crate::AuthBuilder::background) work
    /// finishes what the mailer is sending. If the process ends, the mails it had taken are due again after fifteen minutes.
    ///
    /// It also deletes the accounts whose owners [asked for that](Self::request_deletion), once their time is over.
    ///
    /// A user whose row cannot be read is reported as [`StoreFailed`](crate::event::EventKind::StoreFailed) once in each run, and
    /// delays nobody else.
    ///
    /// # Errors
    /// [`Unavailable`]: a store failed, the `Auth` was closed, or there was no randomness. Mails that were not reached are still
    /// owed. A failing mailer is not an error: see [`OwedReport::failed`].
    ///
    /// ```
    /// use doorward::Auth;
    /// use doorward::error::Unavailable;
    ///
    /// async fn every_minute(auth: &Auth) -> Result<(), Unavailable> {
    ///     let owed = auth.deliver_owed().await?;
    ///     println!("{} mails sent, {} failed, {} given up", owed.sent, owed.failed, owed.given_up);
    ///     Ok(())
    /// }
    /// ```
    pub async fn deliver_owed(&self) -> Result<OwedReport, Unavailable> {
        self.engine.deliver_owed().await
    }
}

/// Delivers what is owed until the `Auth` is closed or gone. Each round is work of its own, so that one that panics, or that a mailer
/// never answers, does not end the others.
pub(super) async fn work(engine: Weak<Engine>, background: Background, sleep: Sleep, every: Duration) {
    // Processes that start together do not look together.
    let mut wait = match <[u8; 1]>::draw() {
        Ok([part]) => every * u32::from(part) / 256,
        Err(_) => every,
    };
    let (round, mut waited) = (Arc::new(()), Duration::ZERO);
    loop {
        sleep.wait(wait).await;
        let Some(engine) = engine.upgrade() else { return };
        if engine.open().is_err() {
            return;
        }
        (wait, waited) = (every, waited + wait);
        // The round before may take as long as a mailer may.
        if Arc::strong_count(&round) == 1 || waited > engine.config.owed_limits().lease {
            let turn = Arc::clone(&round);
            waited = Duration::ZERO;
            background.watch(async move {
                // A failure was reported, and the next round begins anew.
                drop(engine.deliver_owed().await);
                drop(turn);
            });
        }
    }
}
