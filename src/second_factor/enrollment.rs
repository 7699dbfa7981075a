//! What an authenticator app is set up with.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::types::redacted_debug;

/// How the second factor of an account stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SecondFactorStatus {
    /// There is none.
    Off,
    /// An authenticator was enrolled.
    #[non_exhaustive]
    On {
        /// When.
        enrolled_at: OffsetDateTime,
        /// How many recovery codes are left of ten.
        recovery_codes_left: usize,
    },
}

/// An authenticator to set up: shown once, as a QR code or as a key to type, and nothing until a code of it was confirmed.
///
/// `Debug` shows nothing of it.
#[derive(Clone)]
#[must_use = "the secret is never shown again, and what was begun before gave way to it: show it to the user"]
pub struct TotpEnrollment {
    uri: Zeroizing<String>,
    key: Zeroizing<String>,
}

redacted_debug!(TotpEnrollment => "TotpEnrollment");

impl TotpEnrollment {
    pub(crate) fn new(uri: Zeroizing<String>, base32: &str) -> Self {
        let mut key = Zeroizing::new(String::with_capacity(base32.len() * 2));
        for (index, letter) in base32.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                key.push(' ');
            }
            key.push(letter);
        }
        Self { uri, key }
    }

    /// The `otpauth` URI, for a QR code or a link on the phone itself. **It holds the secret.**
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The key in groups of four letters and digits, to be typed into the app. **This is the secret itself.**
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The URI as a QR code: an SVG document to embed in a page. **It holds the secret**, so the page must not be cached.
    /// Exists with the feature `qr`.
    #[cfg(feature = "qr")]
    #[cfg_attr(docsrs, doc(cfg(feature = "qr")))]
    pub fn qr_svg(&self) -> String {
        use qrcode::render::svg;
        use qrcode::{EcLevel, QrCode};

        // A QR code holds over two thousand bytes, and a URI is of a few hundred: the site's name and the address are bounded.
        QrCode::with_error_correction_level(self.uri.as_bytes(), EcLevel::M)
            .map(|code| code.render::<svg::Color>().min_dimensions(200, 200).build())
            .unwrap_or_default()
    }
}
