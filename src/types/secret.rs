//! Secret types: wiped on drop, never printed.

use core::fmt;

use zeroize::Zeroizing;

/// Implements `Debug` to show the type's name and none of its content.
macro_rules! redacted_debug {
    ($($name:ty => $text:literal),+ $(,)?) => {$(
        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(concat!($text, "([redacted])"))
            }
        }
    )+};
}
pub(crate) use redacted_debug;

/// Random secret bytes. Only their digests are stored and compared, so there is no `PartialEq`.
#[derive(Clone)]
pub(crate) struct SecretBytes<const N: usize>(Zeroizing<[u8; N]>);

impl<const N: usize> SecretBytes<N> {
    pub(crate) fn new(bytes: [u8; N]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves: for digests, seals and the one mail or cookie that carries them.
    pub(crate) fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for SecretBytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes([redacted])")
    }
}
