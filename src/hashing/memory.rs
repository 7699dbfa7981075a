//! Argon2 itself, computed by one of two libraries in memory that is reused from hash to hash.

use core::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroize;

use super::HashParams;

/// The library that computes Argon2. Both produce the same hashes, byte for byte, so you can switch at any time.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HashBackend {
    /// `argon2` of the RustCrypto project.
    #[default]
    Argon2,
    /// `argon2-rust`, which uses the fastest instructions that it detects at run time. Requires the feature `simd`.
    ///
    /// Pure Rust with `unsafe` code of its own, **not independently audited**. It always wipes its memory between hashes.
    #[cfg(feature = "simd")]
    #[cfg_attr(docsrs, doc(cfg(feature = "simd")))]
    Simd,
}

impl HashBackend {
    /// A stable name: `argon2` or `simd`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Argon2 => "argon2",
            #[cfg(feature = "simd")]
            Self::Simd => "simd",
        }
    }
}

/// The variants of Argon2. New hashes are Argon2id; the others are only verified.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Variant {
    Argon2d,
    Argon2i,
    Argon2id,
}

/// The versions of Argon2. New hashes use version 19.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Revision {
    V16,
    V19,
}

/// Argon2's working memory, which a thread reuses from hash to hash: the pages stay mapped, so no hash waits for the kernel to
/// provide zeroed ones.
///
/// A hash leaves no password in it, and the next hash overwrites what it leaves; [`wipe`](Self::wipe) is for hosts that want it
/// gone at once.
pub(crate) struct HashMemory {
    backend: HashBackend,
    blocks: Vec<Block>,
    #[cfg(feature = "simd")]
    simd: Option<argon2_rust::Hasher>,
}

/// The input of one computation.
pub(super) struct Input<'a> {
    pub(super) variant: Variant,
    pub(super) revision: Revision,
    pub(super) params: HashParams,
    pub(super) password: &'a [u8],
    pub(super) salt: &'a [u8],
}

impl HashMemory {
    pub(crate) fn new(backend: HashBackend) -> Self {
        Self {
            backend,
            blocks: Vec::new(),
            #[cfg(feature = "simd")]
            simd: None,
        }
    }

    /// Computes a tag as long as `tag`. Returns `false` if there is not enough memory or the library rejects the input, which
    /// the bounds on parameters, salts and tags prevent; the content of `tag` is then meaningless.
    pub(super) fn compute(&mut self, input: &Input<'_>, tag: &mut [u8]) -> bool {
        match self.backend {
            HashBackend::Argon2 => self.with_argon2(input, tag).is_ok(),
            #[cfg(feature = "simd")]
            HashBackend::Simd => self.with_simd(input, tag).is_ok(),
        }
    }

    fn with_argon2(&mut self, input: &Input<'_>, tag: &mut [u8]) -> argon2::Result<()> {
        let algorithm = match input.variant {
            Variant::Argon2d => Algorithm::Argon2d,
            Variant::Argon2i => Algorithm::Argon2i,
            Variant::Argon2id => Algorithm::Argon2id,
        };
        let version = match input.revision {
            Revision::V16 => Version::V0x10,
            Revision::V19 => Version::V0x13,
        };
        let (memory, passes, lanes) = (input.params.memory_kib(), input.params.passes(), input.params.lanes());
        let params = Params::new(memory, passes, lanes, Some(tag.len()))?;
        let blocks = params.block_count();
        if let Some(missing) = blocks.checked_sub(self.blocks.len()) {
            self.blocks.try_reserve_exact(missing).map_err(|_| argon2::Error::OutOfMemory)?;
            self.blocks.resize(blocks, Block::new());
        }
        Argon2::new(algorithm, version, params).hash_password_into_with_memory(
            input.password,
            input.salt,
            tag,
            &mut self.blocks[..blocks],
        )
    }

    #[cfg(feature = "simd")]
    fn with_simd(&mut self, input: &Input<'_>, tag: &mut [u8]) -> Result<(), argon2_rust::Error> {
        use argon2_rust::params::{Memory, TagLen};
        use argon2_rust::{Algorithm, Argon2, Params, Version};

        let algorithm = match input.variant {
            Variant::Argon2d => Algorithm::Argon2d,
            Variant::Argon2i => Algorithm::Argon2i,
            Variant::Argon2id => Algorithm::Argon2id,
        };
        let version = match input.revision {
            Revision::V16 => Version::V0x10,
            Revision::V19 => Version::V0x13,
        };
        let params = Params::builder()
            .memory(Memory::kib(input.params.memory_kib().into()))
            .passes(input.params.passes())
            .lanes(input.params.lanes())
            .tag_len(TagLen::bytes(tag.len() as u64))
            .build()?;
        let argon2 = Argon2::new(algorithm, version, params);
        let hasher = self.simd.get_or_insert_with(|| argon2.hasher());
        hasher.set_argon2(argon2);
        hasher.hash_into(input.password, input.salt, tag)
    }

    /// Overwrites everything with zeros.
    pub(crate) fn wipe(&mut self) {
        self.blocks.iter_mut().for_each(Zeroize::zeroize);
    }

    /// Frees memory above this many KiB, so that a rare hash with larger parameters does not enlarge it for good.
    pub(crate) fn shrink_to(&mut self, kib: usize) {
        if self.blocks.len() > kib {
            self.blocks.truncate(kib);
            self.blocks.shrink_to_fit();
        }
        #[cfg(feature = "simd")]
        if self.simd.as_ref().is_some_and(|hasher| hasher.reserved_blocks() > kib) {
            self.simd = None;
        }
    }

    /// How many KiB are held.
    pub(crate) fn held_kib(&self) -> usize {
        #[cfg(feature = "simd")]
        let simd = self.simd.as_ref().map_or(0, argon2_rust::Hasher::reserved_blocks);
        #[cfg(not(feature = "simd"))]
        let simd = 0;
        self.blocks.len() + simd
    }
}

impl fmt::Debug for HashMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HashMemory({} KiB)", self.held_kib())
    }
}
