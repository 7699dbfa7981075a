//! Argon2 hashes as PHC strings.

use base64ct::{Base64Unpadded, Encoding};
use phc::Ident;

use super::HashParams;
use super::memory::{HashMemory, Input, Revision, Variant};
use crate::types::Digest;

/// New hashes have salts of 16 bytes (RFC 9106 section 3.1) and tags of 32 (RFC 9106 section 4; ASVS 5.0, 11.4.3). Other
/// systems' may differ within the bounds of the PHC string format.
pub(super) const SALT_BYTES: usize = 16;
pub(super) const TAG_BYTES: usize = 32;
/// The reference implementation requires 8 bytes of salt; a tag below 16 bytes could be matched by chance.
const SALT_BOUNDS: core::ops::RangeInclusive<usize> = 8..=48;
const TAG_BOUNDS: core::ops::RangeInclusive<usize> = 16..=64;

/// Everything that determines the cost of an Argon2 hash.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Argon2Cost {
    pub(super) variant: Variant,
    pub(super) revision: Revision,
    pub(super) params: HashParams,
}

impl Argon2Cost {
    /// The cost of new hashes.
    pub(super) fn current(params: HashParams) -> Self {
        Self { variant: Variant::Argon2id, revision: Revision::V19, params }
    }
}

/// A completely parsed Argon2 hash.
#[derive(Clone)]
pub(super) struct Argon2Hash {
    pub(super) cost: Argon2Cost,
    salt: Box<[u8]>,
    tag: Box<[u8]>,
}

impl Argon2Hash {
    pub(super) fn new(cost: Argon2Cost, salt: &[u8], tag: &[u8]) -> Self {
        Self { cost, salt: salt.into(), tag: tag.into() }
    }

    /// Parses a PHC string. Every field must be present once and within bounds. The parameters may stand in any order and the
    /// base64 may be padded, as other systems write them; apart from that, rendering the result must give the same text byte for
    /// byte. The parsers of libraries are more lenient.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let canonical = canonical(text)?;
        let parsed = phc::PasswordHash::new(&canonical).ok()?;
        let variant = match parsed.algorithm.as_str() {
            "argon2d" => Variant::Argon2d,
            "argon2i" => Variant::Argon2i,
            "argon2id" => Variant::Argon2id,
            _ => return None,
        };
        let revision = match parsed.version {
            // The first version had no version field and no Argon2id.
            None | Some(16) if variant != Variant::Argon2id => Revision::V16,
            Some(19) => Revision::V19,
            None | Some(_) => return None,
        };
        if canonical.contains("$v=16$") {
            // Said explicitly, which is the same hash: rendered without.
            return Self::parse(&canonical.replacen("$v=16$", "$", 1));
        }
        let decimal = |name: &str| parsed.params.get_decimal(Ident::new(name).ok()?);
        let params = HashParams::bounded(decimal("m")?, decimal("t")?, decimal("p")?).ok()?;
        let (salt, tag) = (parsed.salt.as_ref()?, parsed.hash.as_ref()?);
        let (salt, tag): (&[u8], &[u8]) = (salt.as_ref(), tag.as_bytes());
        if !SALT_BOUNDS.contains(&salt.len()) || !TAG_BOUNDS.contains(&tag.len()) {
            return None;
        }
        let hash = Self::new(Argon2Cost { variant, revision, params }, salt, tag);
        (hash.render() == canonical).then_some(hash)
    }

    pub(super) fn render(&self) -> String {
        let Argon2Cost { variant, revision, params } = self.cost;
        let id = match variant {
            Variant::Argon2d => "argon2d",
            Variant::Argon2i => "argon2i",
            Variant::Argon2id => "argon2id",
        };
        let version = match revision {
            Revision::V16 => "",
            Revision::V19 => "$v=19",
        };
        let (memory, passes, lanes) = (params.memory_kib(), params.passes(), params.lanes());
        let (salt, tag) = (Base64Unpadded::encode_string(&self.salt), Base64Unpadded::encode_string(&self.tag));
        format!("${id}{version}$m={memory},t={passes},p={lanes}${salt}${tag}")
    }

    /// A hash of no password: see [`PasswordHash::dummy`](super::PasswordHash::dummy).
    pub(super) fn dummy(cost: Argon2Cost, seed: &Digest) -> Self {
        Self::new(cost, &seed.as_bytes()[..SALT_BYTES], seed.as_bytes())
    }

    /// Whether it is of the variant and version of new hashes.
    pub(super) fn is_own(&self) -> bool {
        self.cost.variant == Variant::Argon2id && self.cost.revision == Revision::V19
    }

    /// Whether it has the form of new hashes with these parameters.
    pub(super) fn is_up_to_date(&self, params: HashParams) -> bool {
        let sizes = (self.salt.len(), self.tag.len()) == (SALT_BYTES, TAG_BYTES);
        self.cost == Argon2Cost::current(params) && sizes
    }

    /// Whether this password was hashed. A wrong one takes as much work as the right one.
    pub(super) fn verify(&self, password: &[u8], memory: &mut HashMemory) -> bool {
        use subtle::ConstantTimeEq;
        use zeroize::Zeroizing;

        let Argon2Cost { variant, revision, params } = self.cost;
        let mut tag = Zeroizing::new(vec![0; self.tag.len()]);
        let computed = memory.compute(&Input { variant, revision, params, password, salt: &self.salt }, &mut tag);
        bool::from(tag.ct_eq(&self.tag)) && computed
    }
}

/// The text with its parameters in the order `m`, `t`, `p` and its base64 without padding; `None` unless there are exactly these
/// three. Nothing else is changed, so that a text still has one meaning.
fn canonical(text: &str) -> Option<String> {
    let (rest, tag) = text.rsplit_once('$')?;
    let (rest, salt) = rest.rsplit_once('$')?;
    let (head, params) = rest.rsplit_once('$')?;
    let mut params: Vec<&str> = params.split(',').collect();
    let place = |param: &&str| ["m=", "t=", "p="].iter().position(|name| param.starts_with(name));
    params.sort_by_key(place);
    let each_once = params.iter().map(place).eq((0..3).map(Some));
    each_once.then_some(())?;
    Some(format!("{head}${}${}${}", params.join(","), unpadded(salt)?, unpadded(tag)?))
}

/// Base64 text without its padding, which must be complete if there is any.
fn unpadded(text: &str) -> Option<&str> {
    let bare = text.trim_end_matches('=');
    let complete = bare.len() == text.len() || (text.len().is_multiple_of(4) && text.len() - bare.len() <= 2);
    complete.then_some(bare)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::hashing::HashBackend;

    /// The tests and known answers of the reference implementation, see `tests/data/README.md`.
    fn reference() -> Value {
        serde_json::from_str(include_str!("../../tests/data/argon2_reference.json")).unwrap()
    }

    fn text<'a>(case: &'a Value, field: &str) -> &'a str {
        case[field].as_str().unwrap()
    }

    fn number(case: &Value, field: &str) -> u32 {
        case[field].as_u64().unwrap().try_into().unwrap()
    }

    fn bytes(case: &Value, field: &str) -> Vec<u8> {
        let digits = text(case, field).as_bytes().chunks(2);
        digits.map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn backends() -> Vec<HashBackend> {
        vec![
            HashBackend::Argon2,
            #[cfg(feature = "simd")]
            HashBackend::Simd,
        ]
    }

    #[test]
    fn both_backends_pass_the_tests_of_the_reference_implementation() {
        for backend in backends() {
            let mut memory = HashMemory::new(backend);
            let mut passed = 0;
            for case in reference()["hash_tests"].as_array().unwrap() {
                let (name, password) = (text(case, "phc"), text(case, "password").as_bytes());
                let hash = Argon2Hash::parse(name).unwrap_or_else(|| panic!("{name}"));
                assert_eq!(&*hash.tag, bytes(case, "tag_hex"), "{name}");
                assert!(hash.verify(password, &mut memory), "{name} by {backend:?}");
                // Above 256 MiB a second hash takes long and proves nothing more.
                if number(case, "m_kib") <= 256 {
                    assert!(!hash.verify(b"Password", &mut memory), "{name} by {backend:?}");
                }
                passed += 1;
            }
            assert_eq!(passed, 26);
        }
    }

    /// The known answers of RFC 9106 use a secret and associated data, which this crate does not: they show that the libraries
    /// compute Argon2 correctly.
    #[test]
    fn the_libraries_pass_the_known_answers_of_rfc_9106() {
        for case in reference()["known_answers_rfc9106"].as_array().unwrap() {
            let (m, t, p) = (number(case, "m_kib"), number(case, "t"), number(case, "p"));
            let (password, salt) = (bytes(case, "password_hex"), bytes(case, "salt_hex"));
            let (secret, data) = (bytes(case, "secret_hex"), bytes(case, "associated_data_hex"));
            let mut tag = [0; TAG_BYTES];
            let params = argon2::ParamsBuilder::new()
                .m_cost(m)
                .t_cost(t)
                .p_cost(p)
                .data(argon2::AssociatedData::new(&data).unwrap())
                .build()
                .unwrap();
            let algorithm = text(case, "variant").parse().unwrap();
            argon2::Argon2::new_with_secret(&secret, algorithm, argon2::Version::V0x13, params)
                .unwrap()
                .hash_password_into(&password, &salt, &mut tag)
                .unwrap();
            assert_eq!(tag[..], bytes(case, "tag_hex"));
            #[cfg(feature = "simd")]
            {
                use argon2_rust::{Algorithm, Argon2, Params, Version, params::Memory};
                let algorithm = match text(case, "variant") {
                    "argon2d" => Algorithm::Argon2d,
                    "argon2i" => Algorithm::Argon2i,
                    _ => Algorithm::Argon2id,
                };
                let params = Params::builder().memory(Memory::kib(m.into())).passes(t).lanes(p).build().unwrap();
                let argon2 = Argon2::new(algorithm, Version::V0x13, params);
                argon2.hash_into_with_ad(&password, &salt, &secret, &data, &mut tag).unwrap();
                assert_eq!(tag[..], bytes(case, "tag_hex"));
            }
        }
    }

    /// node-argon2 and AdonisJS write `t` first; others pad the base64.
    #[test]
    fn argon2_is_read_with_its_parameters_in_any_order_and_with_padding() {
        let (salt, tag) = ("c29tZXNhbHQ", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
        let mut memory = HashMemory::new(HashBackend::default());
        for params in
            ["m=256,t=2,p=1", "m=256,p=1,t=2", "t=2,m=256,p=1", "t=2,p=1,m=256", "p=1,m=256,t=2", "p=1,t=2,m=256"]
        {
            for (salt_end, tag_end) in [("", ""), ("=", "="), ("=", ""), ("", "=")] {
                let text = format!("$argon2id$v=19${params}${salt}{salt_end}${tag}{tag_end}");
                let hash = Argon2Hash::parse(&text).unwrap_or_else(|| panic!("{text}"));
                assert!(hash.verify(b"password", &mut memory) && !hash.verify(b"Password", &mut memory), "{text}");
                assert_eq!(hash.render(), format!("$argon2id$v=19$m=256,t=2,p=1${salt}${tag}"));
            }
        }
        let text = "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY";
        for text in [text.to_owned(), text.replace("$m", "$v=16$m"), text.replace("$m=256,t=2", "$v=16$t=2,m=256")] {
            assert!(Argon2Hash::parse(&text).is_some_and(|hash| hash.verify(b"password", &mut memory)), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_no_hash() {
        let good = "$argon2id$v=19$t=2,m=256,p=1$c29tZXNhbHQ=$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4=";
        assert!(Argon2Hash::parse(good).is_some());
        let spoiled: &[(&str, &[&str])] = &[
            (
                "t=2,m=256,p=1",
                &[
                    "t=2,m=256",
                    "t=2,m=256,p=1,p=1",
                    "t=2,m=256,m=256,p=1",
                    "t=2,m=256,t=2",
                    "t=2,m=256,p=1,keyid=AAAA",
                    "t=2,m=256,p=1,data=AAAA",
                    "data=AAAA,t=2,m=256,p=1",
                    "t=2,m=256,p=1,",
                    ",t=2,m=256,p=1",
                    "t=2,,m=256,p=1",
                    "t=2, m=256,p=1",
                    "T=2,m=256,p=1",
                    "t=2,m=0256,p=1",
                    "t=+2,m=256,p=1",
                    "t=2,m=1048577,p=1",
                    "t=65,m=256,p=1",
                    "t=2,m=256,p=17",
                    "t=0,m=256,p=1",
                    "v=19,t=2,m=256,p=1",
                    "t=2$m=256,p=1",
                    "",
                ],
            ),
            ("c29tZXNhbHQ=", &["c29tZXNhbHQ==", "c29tZXNhbH=Q", "c29tZXNhbHR=", "=c29tZXNhbHQ", "", "=", "===="]),
            ("Gi/4=", &["Gi/4==", "Gi/4===", "Gi/5=", "Gi/=4", "Gi/4= ", "Gi/4=$", "Gi_4="]),
            ("$v=19", &["", "$v=16", "$v=20", "$v=19$v=19", "$v=019"]),
            ("argon2id", &["argon2", "Argon2id", "argon2idx", ""]),
        ];
        for (from, bad) in spoiled {
            assert!(good.contains(from), "{from}");
            for to in *bad {
                let text = good.replacen(from, to, 1);
                assert!(Argon2Hash::parse(&text).is_none(), "{text}");
            }
        }
    }

    #[test]
    fn what_the_reference_implementation_refuses_is_refused() {
        let mut memory = HashMemory::new(HashBackend::default());
        for case in reference()["error_tests"].as_array().unwrap() {
            let (phc, expected) = (text(case, "phc"), text(case, "expect"));
            match Argon2Hash::parse(phc) {
                Some(hash) => {
                    assert!(expected.contains("mismatch"), "{phc} was read: {expected}");
                    assert!(!hash.verify(text(case, "password").as_bytes(), &mut memory));
                }
                None => assert!(!expected.contains("mismatch"), "{phc} was not read: {expected}"),
            }
        }
        let spec = &reference()["phc_spec_example"];
        let hash = Argon2Hash::parse(text(spec, "phc")).expect("the example of the PHC string format");
        assert!(!hash.verify(b"hunter2", &mut memory), "it was made with a secret");
    }
}
