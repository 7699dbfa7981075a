use rand::TryRng;
use rand::rngs::SysRng;
use thiserror::Error;

/// The operating system's random source failed. Nothing was issued; there is no fallback source.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the operating system's random source failed")]
pub struct RandomError;

/// Fills a buffer from the operating system's random source.
pub(crate) fn fill(buffer: &mut [u8]) -> Result<(), RandomError> {
    SysRng.try_fill_bytes(buffer).map_err(|_| RandomError)
}

/// Random bytes of a fixed size.
pub(crate) trait Draw: Sized {
    fn draw() -> Result<Self, RandomError>;
}

impl<const N: usize> Draw for [u8; N] {
    fn draw() -> Result<Self, RandomError> {
        let mut bytes = [0; N];
        fill(&mut bytes)?;
        Ok(bytes)
    }
}
