//! TLS with rustls and ring, verified against the certificate authorities of the system and those that the host adds.

use std::io;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use doorward::mail::SmtpError;

use super::dialogue::Wire;

const PEM: &[u8] = b"-----END CERTIFICATE-----";

/// The TLS settings for one server.
pub(super) struct Tls {
    connector: TlsConnector,
    server: ServerName<'static>,
}

impl Tls {
    pub(super) fn to(host: &str, root_certificates: &[Vec<u8>]) -> Result<Self, SmtpError> {
        let mut roots = RootCertStore::empty();
        // Unreadable system certificates are skipped: the others are enough.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for pem in root_certificates {
            // Otherwise a text without any certificate would be accepted, and add none.
            if !pem.windows(PEM.len()).any(|part| part == PEM) {
                let (field, problem) = ("root_certificates", "contains no PEM certificate");
                return Err(SmtpError::Setting { field, problem });
            }
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| SmtpError::Tls(error.into()))?;
                roots.add(certificate).map_err(|error| SmtpError::Tls(error.into()))?;
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| SmtpError::Tls(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server = ServerName::try_from(host.to_owned()).map_err(|error| SmtpError::Tls(error.into()))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), server })
    }

    /// From here on, only TLS goes over the wire.
    pub(super) async fn over(&self, wire: Box<dyn Wire>) -> io::Result<Box<dyn Wire>> {
        Ok(Box::new(self.connector.connect(self.server.clone(), wire).await?))
    }
}
