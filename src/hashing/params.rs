//! What a password hash costs.

use thiserror::Error;

/// Cost parameters of Argon2id.
///
/// The default is OWASP's set of 19 MiB and 2 passes ([`OWASP_19_MIB`](Self::OWASP_19_MIB)). OWASP judges its five sets to be
/// equally strong; they trade memory for time. Weaker sets than these are refused. What a set costs on a machine is shown by
/// the example `capacity`, and [`calibrate`](crate::hashing::calibrate) suggests one.
///
/// ```
/// use doorward::hashing::HashParams;
///
/// assert_eq!(HashParams::default(), HashParams::OWASP_19_MIB);
/// assert_eq!(HashParams::new(46 * 1024, 1, 1)?, HashParams::OWASP_46_MIB);
/// assert!(HashParams::new(4 * 1024, 1, 1).is_err(), "weaker than all of OWASP's sets");
/// # Ok::<(), doorward::hashing::HashParamsError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct HashParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Cost parameters are out of bounds.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum HashParamsError {
    /// Weaker than every set of OWASP's.
    #[error("weaker than 46 MiB with 1 pass, 19 MiB with 2, 12 MiB with 3, 9 MiB with 4 or 7 MiB with 5")]
    TooWeak,
    /// Above [`HashParams::MAX_MEMORY_KIB`], [`HashParams::MAX_PASSES`], [`HashParams::MAX_WORK_KIB`] or
    /// [`HashParams::MAX_LANES`], or less than 8 KiB for each lane.
    #[error("outside what this crate computes")]
    OutOfBounds,
}

impl HashParams {
    /// 46 MiB, 1 pass (OWASP Password Storage Cheat Sheet; ASVS 5.0 appendix C).
    pub const OWASP_46_MIB: Self = Self { memory_kib: 46 * 1024, passes: 1, lanes: 1 };
    /// 19 MiB, 2 passes (the same sources): the default.
    pub const OWASP_19_MIB: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    /// 12 MiB, 3 passes (the same sources).
    pub const OWASP_12_MIB: Self = Self { memory_kib: 12 * 1024, passes: 3, lanes: 1 };
    /// 9 MiB, 4 passes (OWASP only: ASVS does not list it).
    pub const OWASP_9_MIB: Self = Self { memory_kib: 9 * 1024, passes: 4, lanes: 1 };
    /// 7 MiB, 5 passes (OWASP only).
    pub const OWASP_7_MIB: Self = Self { memory_kib: 7 * 1024, passes: 5, lanes: 1 };
    /// 64 MiB, 3 passes, 4 lanes: the second recommendation of RFC 9106, section 4. Its lanes are computed one after the
    /// other: sign-ins in parallel use the cores better.
    pub const RFC_9106_64_MIB: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

    /// The most memory a hash may take, also one read from a store: 1 GiB.
    pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
    /// The most memory times passes: 4 GiB, which are some seconds.
    pub const MAX_WORK_KIB: u32 = 4 * 1024 * 1024;
    /// The most passes.
    pub const MAX_PASSES: u32 = 64;
    /// The most lanes.
    pub const MAX_LANES: u32 = 16;

    /// Memory in KiB, passes over it, and lanes.
    ///
    /// # Errors
    /// [`HashParamsError`] when they are weaker than OWASP's sets or out of bounds.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashParamsError> {
        let params = Self::bounded(memory_kib, passes, lanes)?;
        if params.is_weak() { Err(HashParamsError::TooWeak) } else { Ok(params) }
    }

    /// Any parameters within the computable bounds, however weak. A stolen table of such hashes is guessed faster; use it
    /// where that is no loss, as in tests.
    ///
    /// # Errors
    /// [`HashParamsError::OutOfBounds`].
    pub fn danger_weak(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashParamsError> {
        Self::bounded(memory_kib, passes, lanes)
    }

    /// Parameters for tests: a hash of 8 KiB in microseconds. Exists with the feature `testing` only.
    #[cfg(feature = "testing")]
    #[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
    pub fn danger_cheap_for_tests() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1 }
    }

    /// Within the caps of what is computed at all: looked at before anything is allocated.
    pub(super) fn bounded(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashParamsError> {
        let fits = (1..=Self::MAX_LANES).contains(&lanes)
            && (1..=Self::MAX_PASSES).contains(&passes)
            && (8 * lanes..=Self::MAX_MEMORY_KIB).contains(&memory_kib)
            && memory_kib.saturating_mul(passes) <= Self::MAX_WORK_KIB;
        if fits { Ok(Self { memory_kib, passes, lanes }) } else { Err(HashParamsError::OutOfBounds) }
    }

    /// Whether fewer KiB than OWASP asks for with that many passes.
    pub(crate) fn is_weak(&self) -> bool {
        let floor = match self.passes {
            0 | 1 => Self::OWASP_46_MIB,
            2 => Self::OWASP_19_MIB,
            3 => Self::OWASP_12_MIB,
            4 => Self::OWASP_9_MIB,
            _ => Self::OWASP_7_MIB,
        };
        self.memory_kib < floor.memory_kib
    }

    /// Memory in KiB.
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub fn lanes(&self) -> u32 {
        self.lanes
    }
}

impl Default for HashParams {
    fn default() -> Self {
        Self::OWASP_19_MIB
    }
}
