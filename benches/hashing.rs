//! The cost of a hash by parameters and backend: sign-ins for unknown addresses take one hash and no wait.
//!
//! ```text
//! cargo bench -p doorward-benches --bench hashing --features simd
//! ```

mod host;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward::SignInRequest;
use doorward::hashing::{HashBackend, HashParams};

const BACKENDS: &[HashBackend] = &[
    HashBackend::Argon2,
    #[cfg(feature = "simd")]
    HashBackend::Simd,
];
const PRESETS: [(&str, HashParams); 6] = [
    ("46 MiB, t=1", HashParams::OWASP_46_MIB),
    ("19 MiB, t=2", HashParams::OWASP_19_MIB),
    ("12 MiB, t=3", HashParams::OWASP_12_MIB),
    ("9 MiB, t=4", HashParams::OWASP_9_MIB),
    ("7 MiB, t=5", HashParams::OWASP_7_MIB),
    ("64 MiB, t=3, p=4", HashParams::RFC_9106_64_MIB),
];

fn hashing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hashing");
    group.sample_size(20);
    for (name, params) in PRESETS {
        for backend in BACKENDS {
            let (auth, _) = host::host(params, *backend);
            let mut strangers = 0_u64;
            group.bench_function(BenchmarkId::new(backend.as_str(), name), |bencher| {
                bencher.iter(|| {
                    strangers += 1;
                    let request = SignInRequest::new(&format!("{strangers}@nobody.example"), host::PASSWORD);
                    pollster::block_on(auth.sign_in(request)).unwrap_err()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, hashing);
criterion_main!(benches);
