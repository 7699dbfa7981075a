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
/// - What a mail carries expires within the hour in most cases: a queue should give up after some ten minutes.
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
