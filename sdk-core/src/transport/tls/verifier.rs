//! The library's verifier of certificates, with errors that name who issued what was not accepted.

use std::{sync::Arc, time::SystemTime};

use rustls::{
    CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::issuer;
use crate::error::certificate::{Fault, RejectedCertificate};

#[derive(Debug)]
pub(super) struct Verifier(Arc<WebPkiServerVerifier>);

impl Verifier {
    pub(super) fn new(store: RootCertStore, provider: Arc<CryptoProvider>) -> Result<Self, String> {
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build();
        verifier.map(Self).map_err(|error| error.to_string())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| {
            let rustls::Error::InvalidCertificate(reason) = &error else { return error };
            let Some(fault) = fault(reason, end_entity, intermediates) else { return error };
            let rejected = RejectedCertificate { host: server_name.to_str().into_owned(), fault };
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(rejected))))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

fn fault(
    reason: &CertificateError,
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Option<Fault> {
    let at = |time: &UnixTime| SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(time.as_secs()));
    match reason {
        CertificateError::UnknownIssuer => Some(match issuer::of_chain(end_entity, intermediates) {
            Some(issuer) if issuer.is_self => Fault::SelfSigned,
            issuer => Fault::UnknownIssuer { issuer: issuer.and_then(|issuer| issuer.name) },
        }),
        CertificateError::ExpiredContext { not_after, .. } => Some(Fault::Expired { at: at(not_after) }),
        CertificateError::NotValidYetContext { not_before, .. } => Some(Fault::NotYetValid { from: at(not_before) }),
        CertificateError::NotValidForNameContext { presented, .. } => {
            Some(Fault::OtherNames { names: presented.iter().map(|name| plain(name)).collect() })
        }
        CertificateError::Other(OtherError(other)) => match other.downcast_ref::<webpki::Error>()? {
            webpki::Error::CaUsedAsEndEntity => Some(Fault::Authority),
            _ => None,
        },
        _ => None,
    }
}

/// A name as the library prints it, such as `DnsName("example.com")`, without its kind.
fn plain(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_without_its_kind() {
        assert_eq!(plain("DnsName(\"example.com\")"), "example.com");
        assert_eq!(plain("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(plain("unnamed"), "unnamed");
    }
}
