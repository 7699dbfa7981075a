use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::mail::Mail;
use crate::types::{BackendError, Email};

/// Sends mails. `SmtpMailer` (feature `smtp`) talks to a mail server. To call a mail provider's API, implement this trait with
/// [`Mail::subject`], [`Mail::text`] and [`Mail::html`].
///
/// # Contract
/// - `Ok` means accepted for delivery: from then on, losing the mail is the mailer's responsibility. A mailer with a queue takes the
///   mail's [`receipt`](Mail::receipt), so that an owed mail stays owed until the server has accepted it. After an error an owed
///   mail is tried again, unless its receipt reported a permanent refusal ([`Receipt::refused`](crate::mail::Receipt::refused)).
/// - Exactly one recipient, [`Email::as_typed`], and no copies.
/// - The body of a mail holds secrets: never log the mail or its rendering.
/// - Most mails carry something that expires within the hour. A queue should give up after about ten minutes, and must give up
///   once [`Mail::worth_sending_for`] has passed, measured from the call of [`send`](Self::send) by a monotonic clock.
/// - A bounded queue reserves room: mails of a kind that [`anybody_can_cause`](crate::mail::MailKind::anybody_can_cause) take
///   at most half of it.
///
/// An implementation needs the attribute `#[doorward::async_trait]` (re-exported from the crate `async-trait`, which works as
/// well):
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

/// Forwards to the inner mailer.
#[async_trait]
impl<T: Mailer + ?Sized> Mailer for Arc<T> {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        (**self).send(to, mail).await
    }
}
