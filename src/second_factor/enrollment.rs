//! The values for setting up an authenticator.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::types::redacted_debug;

/// The state of an account's second factor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SecondFactorStatus {
    /// There is no second factor.
    Off,
    /// An authenticator is enrolled.
    #[non_exhaustive]
    On {
        /// When it was enrolled.
        enrolled_at: OffsetDateTime,
        /// How many of the ten recovery codes are left.
        recovery_codes_left: usize,
    },
}

/// A new authenticator's secret, to show once as a QR code or as a key to type. It has no effect until a code confirms it.
///
/// `Debug` reveals nothing of it.
#[derive(Clone)]
#[must_use = "the secret is never shown again, and it replaces any earlier unfinished enrollment: show it to the user"]
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

    /// The `otpauth` URI, for a QR code or a link on the phone itself. **It contains the secret.**
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The key in groups of four letters and digits, to type into the app. **This is the secret itself.**
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The URI as a QR code: an SVG document to embed in a page. **It contains the secret**, so the page must not be cached.
    /// Requires the feature `qr`.
    #[cfg(feature = "qr")]
    #[cfg_attr(docsrs, doc(cfg(feature = "qr")))]
    pub fn qr_svg(&self) -> String {
        use qrcode::render::svg;
        use qrcode::{EcLevel, QrCode};

        // A QR code holds over two thousand bytes; a URI has a few hundred, since the site's name and the address are bounded.
        QrCode::with_error_correction_level(self.uri.as_bytes(), EcLevel::M)
            .map(|code| code.render::<svg::Color>().min_dimensions(200, 200).build())
            .unwrap_or_default()
    }
}
