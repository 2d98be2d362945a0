//! The certificates that are trusted for `wss://`.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use tokio_tungstenite::Connector;

use super::error::ConnectError;

/// Returns a connector that trusts Mozilla's root certificates and `trusted`. Names the crypto
/// provider explicitly, because rustls panics if the process has no default provider or cannot
/// choose one.
pub(super) fn connector(trusted: &[Vec<u8>]) -> Result<Connector, ConnectError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for certificate in trusted {
        roots
            .add(CertificateDer::from_slice(certificate))
            .map_err(|error| ConnectError::Tls(format!("a trusted certificate is not valid: {error}")))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Connector::Rustls(Arc::new(config)))
}
