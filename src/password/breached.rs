use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::types::{BackendError, Password};

/// Looks up whether a new password is known from a breach (ASVS 5.0, 6.2.12), in a local list or a remote service.
///
/// Called when a password is set and meets every other rule, never at sign-in. Query a remote service only by a prefix of a
/// digest, never with the password.
///
/// An implementation needs `#[doorward::async_trait]` (a re-export; the crate `async-trait` itself works too):
///
/// ```
/// use std::collections::HashSet;
///
/// use doorward::{Password, async_trait};
/// use doorward::password::BreachedPasswords;
/// use doorward::store::BackendError;
///
/// #[derive(Debug)]
/// struct LocalList(HashSet<String>);
///
/// #[async_trait]
/// impl BreachedPasswords for LocalList {
///     async fn contains(&self, password: &Password) -> Result<bool, BackendError> {
///         Ok(self.0.contains(password.expose()))
///     }
/// }
/// ```
#[async_trait]
pub trait BreachedPasswords: Debug + Send + Sync + 'static {
    /// Whether the password is known from a breach.
    async fn contains(&self, password: &Password) -> Result<bool, BackendError>;
}

/// Forwards to the inner look-up.
#[async_trait]
impl<T: BreachedPasswords + ?Sized> BreachedPasswords for Arc<T> {
    async fn contains(&self, password: &Password) -> Result<bool, BackendError> {
        (**self).contains(password).await
    }
}
