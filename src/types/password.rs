use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointMapData, props::GeneralCategory};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::secret::redacted_debug;

/// The longest password text looked at, in bytes: 256 characters of four bytes each fit four times over. Longer input is
/// never normalised and never hashed.
pub(crate) const MAX_PASSWORD_BYTES: usize = 4096;

/// What is hashed in place of an over-long text, so that such a try costs as much as any other. It holds a NUL, which no
/// policy lets anyone set, so it is nobody's password.
const OVERSIZED: &str = "\0over-long input";

/// A password as somebody typed it, in canonical form.
///
/// The form is applied alike when a password is set and when it is verified: Unicode NFC, and every Unicode space becomes
/// U+0020 (keyboards produce no-break spaces). Nothing is trimmed, truncated or case-folded (ASVS 5.0, 6.2.8). A text of
/// over 4 KiB is not kept at all: it equals no password and is refused when set.
///
/// `Debug` shows nothing of it; the memory is wiped when it is dropped.
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
    /// Only if it is not the canonical form.
    typed: Option<Zeroizing<String>>,
    oversized: bool,
}

redacted_debug!(Password => "Password");

impl Password {
    /// Brings a typed text into canonical form. Any text is a password here; whether it may be set is for the
    /// [`PasswordPolicy`](crate::password::PasswordPolicy) to say.
    pub fn new(typed: &str) -> Self {
        if typed.len() > MAX_PASSWORD_BYTES {
            return Self { canonical: Zeroizing::new(OVERSIZED.to_owned()), typed: None, oversized: true };
        }
        let category = CodePointMapData::<GeneralCategory>::new();
        let is_space = |c: char| category.get(c) == GeneralCategory::SpaceSeparator;
        // Two steps: normalising first would do too, but may not map every space (U+2003 stays itself under NFC).
        let mut spaced = Zeroizing::new(String::with_capacity(typed.len()));
        spaced.extend(typed.chars().map(|c| if is_space(c) { ' ' } else { c }));
        let canonical = Zeroizing::new(ComposingNormalizerBorrowed::new_nfc().normalize(&spaced).into_owned());
        let typed = (*canonical != typed).then(|| Zeroizing::new(typed.to_owned()));
        Self { canonical, typed, oversized: false }
    }

    /// The canonical text. This is the secret itself: for a breach look-up or a strength meter, never for a log.
    pub fn expose(&self) -> &str {
        &self.canonical
    }

    /// The text as it was typed: what hashes of other systems were made of.
    pub(crate) fn typed(&self) -> &str {
        self.typed.as_ref().unwrap_or(&self.canonical)
    }

    /// Its length in characters (Unicode code points of the canonical form): what the policy counts.
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
