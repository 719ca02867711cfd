//! TLS: the platform's roots of trust plus those of one extra file. The file adds, it never replaces: a company's
//! proxy is trusted beside the public authorities, not instead of them.

use std::path::Path;
#[cfg(not(any(windows, target_vendor = "apple")))]
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

#[cfg(not(any(windows, target_vendor = "apple")))]
use super::bundle;

/// Reads the certificates of a PEM file.
///
/// # Errors
/// A sentence: unreadable, not PEM, or without a certificate.
pub(super) fn read_pem(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| {
            format!(
                "{} can't be read as PEM certificates: {error}",
                path.display()
            )
        })?;
    if certificates.is_empty() {
        return Err(format!("{} holds no certificate", path.display()));
    }
    Ok(certificates)
}

/// Reads the user's own roots of trust from a PEM file.
///
/// # Errors
/// A sentence: as [`read_pem`], or a certificate that can't be a root, which shows only behind its marks.
pub(super) fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = read_pem(path)?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|error| {
            format!(
                "{} holds a certificate that can't be a root of trust: {error}",
                path.display()
            )
        })?;
    }
    Ok(certificates)
}

/// The client's configuration. Reading the platform's roots takes milliseconds: make it once, when first needed.
///
/// # Errors
/// A sentence: no roots at all, or a root that isn't one.
pub(super) fn client_config(extra: Vec<CertificateDer<'static>>) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = with_platform_roots(builder, extra)?;
    // HTTP/1.1 only: one request on a connection at a time is what makes "was it sent?" answerable.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

#[cfg(any(windows, target_vendor = "apple"))]
fn with_platform_roots(
    builder: Builder,
    extra: Vec<CertificateDer<'static>>,
) -> Result<ClientConfig, String> {
    let provider = Arc::clone(builder.crypto_provider());
    let verifier = super::platform::Platform::new(extra, provider)?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Where distributions keep their bundle. Read directly: the usual helper crates let `SSL_CERT_FILE` replace it.
#[cfg(not(any(windows, target_vendor = "apple")))]
const BUNDLES: [&str; 8] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
    "/data/data/com.termux/files/usr/etc/tls/cert.pem",
];

#[cfg(not(any(windows, target_vendor = "apple")))]
fn with_platform_roots(
    builder: Builder,
    extra: Vec<CertificateDer<'static>>,
) -> Result<ClientConfig, String> {
    let bundle = BUNDLES
        .iter()
        .map(PathBuf::from)
        .find(|path| path.is_file());
    let platform = bundle
        .map(|path| bundle::read(&path))
        .transpose()?
        .unwrap_or_default();
    let mut roots = rustls::RootCertStore::empty();
    // A platform's bundle may hold a root that rustls doesn't like; the user's own file may not.
    roots.add_parsable_certificates(platform);
    for certificate in extra {
        roots.add(certificate).map_err(|error| {
            format!("SSL_CERT_FILE: a certificate can't be a root of trust: {error}")
        })?;
    }
    if roots.is_empty() {
        return Err(
            "no roots of trust found; install ca-certificates or set SSL_CERT_FILE".to_owned(),
        );
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
