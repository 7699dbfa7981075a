use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::mail::Mail;
use crate::types::{BackendError, Email};

/// Sends mails. `SmtpMailer` (feature `smtp`) is one that does; a mail provider's API is called by one of yours, with
/// [`Mail::subject`], [`Mail::text`] and [`Mail::html`].
///
/// # Contract
/// - `Ok` means accepted for delivery: from then on losing it is the mailer's affair.
/// - Exactly one recipient, [`Email::as_typed`], and no copies.
/// - A mail holds secrets in its body: neither it nor its rendering belongs into a log.
/// - What a mail carries expires within the hour in most cases: a queue should give up after some ten minutes, and no later
///   than [`Mail::worth_sending_for`] is over, counted from the call of [`send`](Self::send) by a monotonic clock.
/// - A queue that can be full keeps room: mails of a kind that
///   [`anybody_can_cause`](crate::mail::MailKind::anybody_can_cause) take a half of it at most.
///
/// An implementation carries `#[doorward::async_trait]` (that of the crate `async-trait`, which will do as well):
///
/// ```
/// use doorward::{Email, Mailer, async_trait};
/// use doorward::mail::Mail;
/// use doorward::store::{BackendError, BackendErrorKind};
///
/// # #[derive(Debug)] struct Api;
/// # impl Api { async fn post(&self, _: &str, _: &str, _: &str, _: String) -> Result<u16, std::io::Error> { Ok(202) } }
/// #[derive(Debug)]
/// struct Provider(Api);
///
/// #[async_trait]
/// impl Mailer for Provider {
///     async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
///         let sent = self.0.post(to.as_typed(), &mail.subject(), &mail.text(), mail.html()).await;
///         match sent.map_err(BackendError::unavailable)? {
///             202 => Ok(()),
///             // A status is fit for logs. The body of such an answer is not: it may repeat the address.
///             status => Err(BackendError::new(BackendErrorKind::Refused).with_code(status.to_string())),
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait Mailer: Debug + Send + Sync + 'static {
    /// Accepts a mail for delivery.
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError>;
}

/// A shared mailer is one.
#[async_trait]
impl<T: Mailer + ?Sized> Mailer for Arc<T> {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        (**self).send(to, mail).await
    }
}
