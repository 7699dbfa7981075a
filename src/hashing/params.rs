//! The cost of password hashes.

use thiserror::Error;

/// The cost parameters of Argon2id.
///
/// The default is OWASP's set of 19 MiB and 2 passes ([`OWASP_19_MIB`](Self::OWASP_19_MIB)). OWASP considers its five sets
/// equally strong; they trade memory for time. Weaker parameters are rejected. The example `capacity` shows what a set costs on
/// a machine, and [`calibrate`](crate::hashing::calibrate) suggests one.
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

/// Why cost parameters were rejected.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum HashParamsError {
    /// Weaker than all of OWASP's sets.
    #[error("weaker than 46 MiB with 1 pass, 19 MiB with 2, 12 MiB with 3, 9 MiB with 4 or 7 MiB with 5")]
    TooWeak,
    /// Above [`HashParams::MAX_MEMORY_KIB`], [`HashParams::MAX_PASSES`], [`HashParams::MAX_WORK_KIB`] or
    /// [`HashParams::MAX_LANES`], or below 8 KiB per lane.
    #[error("outside the bounds of `HashParams`")]
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
    /// 64 MiB, 3 passes, 4 lanes: the second recommendation of RFC 9106, section 4. The lanes are computed one after the other,
    /// since parallel sign-ins use the cores better.
    pub const RFC_9106_64_MIB: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

    /// The most memory a hash may take, including one read from a store: 1 GiB.
    pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
    /// The most memory times passes: 4 GiB, which takes a few seconds.
    pub const MAX_WORK_KIB: u32 = 4 * 1024 * 1024;
    /// The most passes.
    pub const MAX_PASSES: u32 = 64;
    /// The most lanes.
    pub const MAX_LANES: u32 = 16;

    /// Takes the memory in KiB, the passes over it, and the lanes.
    ///
    /// # Errors
    /// [`HashParamsError`] if they are weaker than all of OWASP's sets or out of bounds.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashParamsError> {
        let params = Self::bounded(memory_kib, passes, lanes)?;
        if params.is_weak() { Err(HashParamsError::TooWeak) } else { Ok(params) }
    }

    /// Accepts any parameters within the bounds, however weak. A stolen table of such hashes is cheaper to brute-force; use it
    /// only where that does not matter, as in tests.
    ///
    /// # Errors
    /// [`HashParamsError::OutOfBounds`].
    pub fn danger_weak(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashParamsError> {
        Self::bounded(memory_kib, passes, lanes)
    }

    /// Parameters for tests: 8 KiB, a hash in microseconds. Requires the feature `testing`.
    #[cfg(feature = "testing")]
    #[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
    pub fn danger_cheap_for_tests() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1 }
    }

    /// Checks the caps on anything computed at all, before anything is allocated.
    pub(super) fn bounded(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashParamsError> {
        let fits = (1..=Self::MAX_LANES).contains(&lanes)
            && (1..=Self::MAX_PASSES).contains(&passes)
            && (8 * lanes..=Self::MAX_MEMORY_KIB).contains(&memory_kib)
            && memory_kib.saturating_mul(passes) <= Self::MAX_WORK_KIB;
        if fits { Ok(Self { memory_kib, passes, lanes }) } else { Err(HashParamsError::OutOfBounds) }
    }

    /// Whether the memory is below OWASP's minimum for this number of passes.
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
