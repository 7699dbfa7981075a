use core::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::types::{BackendError, Password};

/// Looks up whether a new password is known from a breach (ASVS 5.0, 6.2.12), in a local list or a remote service.
///
/// Asked after every other rule is met, when somebody sets a password and never at sign-in. A remote service should be
/// asked by a prefix of a digest only, never with the password.
///
/// An implementation carries `#[doorward::async_trait]` (that of the crate `async-trait`, which will do as well):
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
    /// Whether it is known.
    async fn contains(&self, password: &Password) -> Result<bool, BackendError>;
}

/// A shared look-up is one.
#[async_trait]
impl<T: BreachedPasswords + ?Sized> BreachedPasswords for Arc<T> {
    async fn contains(&self, password: &Password) -> Result<bool, BackendError> {
        (**self).contains(password).await
    }
}
