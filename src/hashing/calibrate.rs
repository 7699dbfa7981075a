use core::time::Duration;

use super::{HashBackend, HashMemory, HashParams, hash};
use crate::clock::{Clock, SystemClock};
use crate::types::{Password, until};

/// Memory sizes to choose among, the largest first.
const LADDER_MIB: [u32; 8] = [256, 128, 64, 46, 19, 12, 9, 7];
/// Of so many measurements the quickest counts: others were disturbed.
const MEASUREMENTS: usize = 3;

/// Suggests parameters whose hash takes about `target` on one thread of this machine, in at most `most_memory_kib` KiB: as
/// much memory as fits, and then as many passes (RFC 9106, section 4). It takes a few seconds.
///
/// Each hashing thread holds that memory, and every sign-in costs the time: OWASP asks for less than a second. The suggestion
/// is never weaker than OWASP's sets; where none of them fits, it is the default.
///
/// ```no_run
/// use std::time::Duration;
/// use doorward::hashing::{HashBackend, calibrate};
///
/// let params = calibrate(Duration::from_millis(100), 64 * 1024, HashBackend::default());
/// println!("{} KiB, {} passes", params.memory_kib(), params.passes());
/// ```
pub fn calibrate(target: Duration, most_memory_kib: u32, backend: HashBackend) -> HashParams {
    let affordable = LADDER_MIB.into_iter().map(|mib| mib * 1024).filter(|kib| *kib <= most_memory_kib);
    let suggest = |memory_kib| {
        let [one, two] = [1, 2].map(|passes| quickest(memory_kib, passes, backend));
        let passes = passes_within(target, one, two).min(HashParams::MAX_WORK_KIB / memory_kib);
        HashParams::new(memory_kib, passes, 1).ok()
    };
    affordable.filter_map(suggest).next().unwrap_or_default()
}

/// How many passes fit, given what one and two of them take.
fn passes_within(target: Duration, one: Duration, two: Duration) -> u32 {
    let each = two.saturating_sub(one).max(Duration::from_micros(1));
    let further = target.saturating_sub(one).as_nanos() / each.as_nanos();
    let passes = u32::try_from(further).unwrap_or(u32::MAX).saturating_add(1);
    if target < one { 0 } else { passes.min(HashParams::MAX_PASSES) }
}

fn quickest(memory_kib: u32, passes: u32, backend: HashBackend) -> Duration {
    let Ok(params) = HashParams::danger_weak(memory_kib, passes, 1) else { return Duration::MAX };
    let (password, mut memory) = (Password::new("measured"), HashMemory::new(backend));
    let mut measure = || {
        let begun = SystemClock.now();
        let hashed = hash(&password, params, &mut memory);
        let took = until(begun, SystemClock.now());
        // No measurement is zero unless the clock was set back in the meantime.
        if hashed.is_err() || took == Duration::ZERO { Duration::MAX } else { took }
    };
    // The first one pays for the memory.
    measure();
    (0..MEASUREMENTS).map(|_| measure()).min().unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_passes_as_fit_are_suggested() {
        let ms = Duration::from_millis;
        assert_eq!(passes_within(ms(100), ms(20), ms(30)), 9);
        assert_eq!(passes_within(ms(20), ms(20), ms(30)), 1);
        assert_eq!(passes_within(ms(19), ms(20), ms(30)), 0, "not even one");
        assert_eq!(passes_within(Duration::MAX, ms(1), ms(1)), HashParams::MAX_PASSES, "bounded");
    }

    #[test]
    fn nothing_weaker_than_the_default_is_suggested() {
        assert_eq!(calibrate(Duration::ZERO, 12 * 1024, HashBackend::default()), HashParams::default());
        assert_eq!(calibrate(Duration::MAX, 1024, HashBackend::default()), HashParams::default());
    }
}
