//! TLS configuration, built once and shared by all clients.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::{
    error::{Error, cause::Cause},
    redact,
};

static SHARED: OnceLock<Result<ClientConfig, String>> = OnceLock::new();

/// Mozilla's root certificates, and HTTP/2 by ALPN. The platform's own store is not used: it makes building a client ten times
/// slower, and fails on a machine without one.
pub(crate) fn shared() -> Result<ClientConfig, Error> {
    SHARED.get_or_init(|| build(&[])).clone().map_err(refuse)
}

/// The same, with additional root certificates of the application.
pub(crate) fn with_extra_roots(pem: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    if pem.is_empty() { shared() } else { build(pem).map_err(refuse) }
}

fn refuse(problem: String) -> Error {
    Error::configuration("root_certificates", problem)
}

fn build(extra_pem: &[Vec<u8>]) -> Result<ClientConfig, String> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    for given in extra_pem {
        let pem = pem(given)?;
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| format!("a certificate is not valid PEM: {error}"))?;
            roots.add(certificate).map_err(|error| format!("a certificate is not usable as a root: {error}"))?;
            count += 1;
        }
        if count == 0 {
            return Err(
                "contains no certificate: pass PEM text, which begins with -----BEGIN CERTIFICATE-----, or a path"
                    .into(),
            );
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The PEM text of an option: the option itself, or the content of the file that it names.
fn pem(given: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if memchr::memmem::find(given, b"-----BEGIN").is_some() {
        return Ok(Cow::Borrowed(given));
    }
    let path = std::str::from_utf8(given).ok().filter(|text| !text.is_empty() && text.lines().count() == 1);
    let Some(path) = path else { return Ok(Cow::Borrowed(given)) };
    std::fs::read(path).map(Cow::Owned).map_err(|error| {
        let reason = Cause::of(&error).reason();
        format!("the file {} cannot be read: {reason}; pass PEM text or the path of a PEM file", redact::quote(path))
    })
}
