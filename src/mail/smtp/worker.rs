//! One connection and the mails sent over it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::connection::{Connection, Fault, Verdict};
use super::queue::{Job, Queue};
use super::server::Server;

/// How long an idle connection is kept. Servers close them after a few minutes.
const REST: Duration = Duration::from_secs(30);
/// The longest wait before reconnecting to an unreachable server.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// Delivers mails until the queue is finished.
pub(super) async fn work(queue: Arc<Queue>, server: Arc<Server>) {
    let mut connection = None;
    let mut failures: u32 = 0;
    while let Some(kept) = ready(&queue, connection).await {
        // First the connection, then the mail: while the server is unreachable, no mail uses up a try.
        connection = match kept {
            Some(kept) => deliver(&queue, kept).await,
            None => match server.connect().await {
                Ok(fresh) => {
                    failures = 0;
                    deliver(&queue, fresh).await
                }
                Err(fault) => {
                    failures = failures.saturating_add(1);
                    queue.trouble(fault.trouble);
                    // Another worker may take the mail in the meantime.
                    queue.pause(queue.patience.delay(failures).min(LONGEST_SILENCE)).await;
                    None
                }
            },
        };
    }
}

/// Waits for a mail, keeping the connection if there is one. `None` when the queue is finished.
async fn ready(queue: &Queue, mut connection: Option<Connection>) -> Option<Option<Connection>> {
    loop {
        let woken = queue.woken();
        if queue.is_over() {
            if let Some(connection) = connection {
                connection.quit().await;
            }
            return None;
        }
        if !queue.is_empty() {
            return Some(connection);
        }
        connection = match connection {
            None => {
                woken.await;
                None
            }
            Some(kept) => match timeout(REST, woken).await {
                Ok(()) if queue.is_over() => Some(kept),
                Ok(()) => kept.alive().await,
                Err(_) => {
                    kept.quit().await;
                    None
                }
            },
        };
    }
}

/// Sends one mail, if one is still ready. Returns the connection if it is still usable.
async fn deliver(queue: &Arc<Queue>, connection: Connection) -> Option<Connection> {
    let Some(job) = queue.take() else { return Some(connection) };
    let used = connection.is_used();
    match connection.send(&job.rendered).await {
        Ok(connection) => {
            queue.delivered(job);
            connection
        }
        Err(fault) => {
            settle(queue, job, fault, used);
            None
        }
    }
}

fn settle(queue: &Arc<Queue>, job: Job, fault: Fault, used: bool) {
    match fault.verdict {
        Verdict::Never => job.refused(fault.trouble),
        Verdict::NotHere => job.not_here(fault.trouble),
        Verdict::Unclear => job.unclear(fault.trouble),
        // Servers close connections that have reached their limit of mails. That says nothing about this mail, and the next
        // connection is a new one.
        Verdict::BrokeOff if used => queue.put_back(job),
        Verdict::BrokeOff => {
            queue.trouble(fault.trouble);
            queue.retry(job, fault.trouble);
        }
        Verdict::Unanswered => {
            queue.trouble(fault.trouble);
            queue.retry_unanswered(job, fault.trouble);
        }
        Verdict::Later => queue.retry(job, fault.trouble),
    }
}
