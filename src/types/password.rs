use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointMapData, props::GeneralCategory};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::secret::redacted_debug;

/// The maximum length of password text, in bytes: four times what 256 characters of four bytes each need. Longer input is never
/// normalised or hashed.
pub(crate) const MAX_PASSWORD_BYTES: usize = 4096;

/// Hashed in place of over-long text, so that such an attempt costs as much as any other. It contains a NUL, which no policy
/// accepts, so it is nobody's password.
const OVERSIZED: &str = "\0over-long input";

/// A password as it was typed, in canonical form.
///
/// The same form applies when a password is set and when it is verified: Unicode NFC, with every Unicode space replaced by
/// U+0020 (keyboards produce no-break spaces). Nothing is trimmed, truncated or case-folded (ASVS 5.0, 6.2.8). Text over 4 KiB
/// is not kept at all: it matches no password and is rejected when set.
///
/// `Debug` reveals nothing of it; its memory is wiped on drop.
///
/// ```
/// use doorward::Password;
///
/// let password = Password::new("caf\u{65}\u{301} au lait");
/// assert_eq!(password.expose(), "caf\u{e9} au lait");
/// assert_eq!(password.chars(), 12);
/// assert_eq!(format!("{password:?}"), "Password([redacted])");
/// ```
#[derive(Clone)]
pub struct Password {
    canonical: Zeroizing<String>,
    /// Only if it differs from the canonical form.
    typed: Option<Zeroizing<String>>,
    oversized: bool,
}

redacted_debug!(Password => "Password");

impl Password {
    /// Brings typed text into canonical form. Accepts any text; the [`PasswordPolicy`](crate::password::PasswordPolicy) decides
    /// whether it may be set.
    pub fn new(typed: &str) -> Self {
        if typed.len() > MAX_PASSWORD_BYTES {
            return Self { canonical: Zeroizing::new(OVERSIZED.to_owned()), typed: None, oversized: true };
        }
        let category = CodePointMapData::<GeneralCategory>::new();
        let is_space = |c: char| category.get(c) == GeneralCategory::SpaceSeparator;
        // Spaces are mapped separately, since NFC does not map all of them (U+2003 stays as it is).
        let mut spaced = Zeroizing::new(String::with_capacity(typed.len()));
        spaced.extend(typed.chars().map(|c| if is_space(c) { ' ' } else { c }));
        let canonical = Zeroizing::new(ComposingNormalizerBorrowed::new_nfc().normalize(&spaced).into_owned());
        let typed = (*canonical != typed).then(|| Zeroizing::new(typed.to_owned()));
        Self { canonical, typed, oversized: false }
    }

    /// The canonical text. **This is the secret itself**: for a breach look-up or a strength meter, never for a log.
    pub fn expose(&self) -> &str {
        &self.canonical
    }

    /// The text as it was typed, if it differs from the canonical form. It is what other systems hashed.
    pub(crate) fn other_typed(&self) -> Option<&str> {
        self.typed.as_ref().map(|typed| typed.as_str())
    }

    /// The length in characters (Unicode code points of the canonical form), which is what the policy counts.
    pub fn chars(&self) -> usize {
        self.canonical.chars().count()
    }

    /// Whether the typed text was over 4 KiB and was therefore not kept.
    pub fn is_oversized(&self) -> bool {
        self.oversized
    }

    pub(crate) fn ct_eq(&self, other: &Self) -> Choice {
        self.canonical.as_bytes().ct_eq(other.canonical.as_bytes())
    }
}
