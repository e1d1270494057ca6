//! TLS configuration: which authorities are trusted, and who the client is.

mod identity;
mod issuer;
pub(crate) mod pem;
pub(crate) mod roots;
mod verifier;

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::{
    config::{environment::Environment, problems::Problems},
    error::{Error, route::Roots},
};
use pem::Pem;
use roots::Trust;
use verifier::Verifier;

/// Built once and shared by all clients that have no TLS option.
static SHARED: OnceLock<Result<ClientConfig, String>> = OnceLock::new();

/// Settings of TLS.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsOptions {
    pub(crate) trust: Option<Trust>,
    pub(crate) root_certificates: Vec<Pem>,
    pub(crate) identity: Vec<Pem>,
}

/// A configuration, and whose certificates it trusts, for texts.
pub(crate) struct Tls {
    pub(super) config: ClientConfig,
    pub(super) roots: Roots,
}

/// None if an option or variable is wrong. All problems are reported. Without an environment only the options count.
pub(crate) fn configuration(
    options: &TlsOptions,
    environment: Option<&Environment>,
    problems: &mut Problems,
) -> Option<Tls> {
    let identity = problems.keep(identity::read(&options.identity));
    let chosen = problems.keep(roots::choose(options, environment));
    let (identity, chosen) = (identity?, chosen?);
    let refused = |problem: String| Error::configuration("transport", problem);
    let Some((store, roots)) = chosen else {
        let shared = || SHARED.get_or_init(|| plain(roots::bundled())).clone().map_err(refused);
        let config = match identity {
            None => problems.keep(shared())?,
            Some(identity) => problems.keep(identity.present(verifying(roots::bundled()).map_err(refused)))?,
        };
        return Some(Tls { config: with_protocols(config), roots: Roots::Bundled });
    };
    let config = match identity {
        None => problems.keep(plain(store).map_err(refused))?,
        Some(identity) => problems.keep(identity.present(verifying(store).map_err(refused)))?,
    };
    Some(Tls { config: with_protocols(config), roots })
}

/// The name of the authority at the end of a server's chain of certificates.
#[cfg(feature = "cli")]
pub(crate) fn issuer_of(chain: &[rustls::pki_types::CertificateDer<'_>]) -> Option<String> {
    let (end_entity, others) = chain.split_first()?;
    issuer::of_chain(end_entity, others)?.name
}

type Verifying = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn verifying(store: RootCertStore) -> Result<Verifying, String> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(store, provider.clone())?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        // Nothing is accepted that the library's own verifier rejects: this one only adds the reason to its errors.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier)))
}

fn plain(store: RootCertStore) -> Result<ClientConfig, String> {
    verifying(store).map(Verifying::with_no_client_auth)
}

/// Offers HTTP/2 by ALPN.
fn with_protocols(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![
        #[cfg(feature = "http2")]
        b"h2".to_vec(),
        b"http/1.1".to_vec(),
    ];
    config
}
