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

/// Which certificate authorities are trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(not(feature = "native-roots"), expect(unreachable_pub, reason = "exported where there is a choice"))]
pub enum Trust {
    /// Mozilla's root certificates, which are part of this crate. Default.
    #[default]
    Bundled,
    /// The root certificates of the platform, read when the client is created.
    #[cfg(feature = "native-roots")]
    System,
    /// Both.
    #[cfg(feature = "native-roots")]
    Both,
}

/// The trusted root certificates, the application's additional ones, and HTTP/2 by ALPN. The platform's store is read only on
/// request: it makes creating a client ten times slower, and fails on a machine without one.
pub(crate) fn configuration(trust: Trust, extra_pem: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    if trust == Trust::Bundled && extra_pem.is_empty() {
        return SHARED.get_or_init(|| build(bundled(), &[])).clone().map_err(refuse);
    }
    build(roots(trust)?, extra_pem).map_err(refuse)
}

fn roots(trust: Trust) -> Result<RootCertStore, Error> {
    match trust {
        Trust::Bundled => Ok(bundled()),
        #[cfg(feature = "native-roots")]
        Trust::System => system(RootCertStore::empty()),
        #[cfg(feature = "native-roots")]
        Trust::Both => system(bundled()),
    }
}

fn bundled() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    roots
}

#[cfg(feature = "native-roots")]
fn system(mut roots: RootCertStore) -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let cause = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        let problem =
            format!("the platform's store has no root certificate{cause}; use Trust::Bundled, or install one");
        return Err(Error::configuration("trust", problem));
    }
    roots.add_parsable_certificates(found.certs);
    Ok(roots)
}

fn refuse(problem: String) -> Error {
    Error::configuration("root_certificates", problem)
}

fn build(mut roots: RootCertStore, extra_pem: &[Vec<u8>]) -> Result<ClientConfig, String> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

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
    config.alpn_protocols = vec![
        #[cfg(feature = "http2")]
        b"h2".to_vec(),
        b"http/1.1".to_vec(),
    ];
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
