//! Verifying servers on Windows and Apple's systems: by the system itself, and beside it by the user's own roots alone. The system
//! would take those too, by its own rules for roots that nobody has installed, which differ by version; so they are asked first,
//! by rustls's verifier, and the system is asked where they don't know the server.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// The two of them.
#[derive(Debug)]
pub(super) struct Platform {
    system: Verifier,
    /// None without roots of the user's own.
    own: Option<Arc<WebPkiServerVerifier>>,
}

impl Platform {
    /// # Errors
    /// A sentence: a root that isn't one, or a system that can't verify.
    pub(super) fn new(
        extra: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let system = Verifier::new(Arc::clone(&provider)).map_err(|error| error.to_string())?;
        let mut roots = RootCertStore::empty();
        for certificate in extra {
            roots.add(certificate).map_err(|error| {
                format!("SSL_CERT_FILE: a certificate can't be a root of trust: {error}")
            })?;
        }
        if roots.is_empty() {
            return Ok(Self { system, own: None });
        }
        let own = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(Self {
            system,
            own: Some(own.map_err(|error| error.to_string())?),
        })
    }
}

impl ServerCertVerifier for Platform {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(own) = &self.own
            && let Ok(verified) = own.verify_server_cert(server, between, name, ocsp, now)
        {
            return Ok(verified);
        }
        // Its reason is the one that people can look up.
        self.system
            .verify_server_cert(server, between, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}
