//! The client's own certificate, for servers that ask for one.

use rustls::{
    ClientConfig,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{PemObject, SectionKind},
    },
};
use zeroize::Zeroizing;

use super::{Verifying, pem::Pem};
use crate::error::Error;

/// The certificate, followed by those of the authorities between it and the root, and its private key.
pub(super) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

fn refuse(problem: impl std::fmt::Display) -> Error {
    Error::configuration("identity", problem)
}

/// The identity in these PEM texts or files, which may hold the certificate and the key in one or in two.
pub(super) fn read(parts: &[Pem]) -> Result<Option<Identity>, Error> {
    if parts.is_empty() {
        return Ok(None);
    }
    let mut text = Zeroizing::new(Vec::new());
    for part in parts {
        text.extend_from_slice(&part.text().map_err(refuse)?);
        text.push(b'\n');
    }
    let holds = |words: &[u8]| memchr::memmem::find(&text, words).is_some();
    if holds(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || holds(b"Proc-Type: 4,ENCRYPTED") {
        return Err(refuse(
            "the private key is encrypted: pass it without its passphrase (openssl pkey -in key.pem -out plain.pem)",
        ));
    }
    let (mut chain, mut keys) = (Vec::new(), Vec::new());
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(&text) {
        // The library's reason would show a part of what may be the key.
        let (kind, content) = section.map_err(|_| refuse("it is not valid PEM"))?;
        if kind == SectionKind::Certificate {
            chain.push(CertificateDer::from(content));
        } else if let Some(key) = PrivateKeyDer::from_pem(kind, content) {
            keys.push(key);
        }
    }
    match (chain.is_empty(), keys.pop(), keys.is_empty()) {
        (true, None, _) => Err(refuse(
            "contains neither a certificate nor a private key: pass PEM text, or the path of a PEM file; a PKCS#12 file is \
             converted with openssl pkcs12 -in client.p12 -nodes -out client.pem",
        )),
        (true, Some(_), _) => Err(refuse("contains no certificate: pass the client's certificate and its private key")),
        (false, None, _) => Err(refuse("contains no private key: pass the client's certificate and its private key")),
        (false, Some(_), false) => Err(refuse("contains more than one private key: pass the certificate's own")),
        (false, Some(key), true) => Ok(Some(Identity { chain, key })),
    }
}

impl Identity {
    /// Shows the certificate to servers that ask for one.
    pub(super) fn present(self, config: Result<Verifying, Error>) -> Result<ClientConfig, Error> {
        config?.with_client_auth_cert(self.chain, self.key).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => refuse(
                "the private key does not belong to the certificate: the client's own certificate must be the first, and its \
                 key beside it",
            ),
            rustls::Error::InvalidCertificate(_) => refuse("the certificate is not a valid X.509 certificate"),
            _ => refuse("the private key is not usable: it must be of RSA, ECDSA or Ed25519"),
        })
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn certificate(key: &KeyPair) -> String {
        CertificateParams::new(vec!["client".to_owned()]).unwrap().self_signed(key).unwrap().pem()
    }

    fn problem(parts: &[&str]) -> String {
        let parts: Vec<_> = parts.iter().map(|part| Pem::new(*part)).collect();
        let identity = match read(&parts) {
            Ok(identity) => identity.unwrap(),
            Err(error) => return error.to_string(),
        };
        let config = super::super::verifying(super::super::roots::bundled()).map_err(refuse);
        identity.present(config).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_certificate_and_its_key_are_one_text_or_two_in_any_order() {
        let key = KeyPair::generate().unwrap();
        let (certificate, key) = (certificate(&key), key.serialize_pem());
        for parts in [&[format!("{certificate}{key}").as_str()][..], &[&certificate, &key], &[&key, &certificate]] {
            assert_eq!(problem(parts), "");
        }
        assert!(read(&[]).unwrap().is_none());
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_said_and_no_key_is_shown() {
        let key = KeyPair::generate().unwrap();
        let (certificate, other) = (certificate(&key), KeyPair::generate().unwrap().serialize_pem());
        let key = key.serialize_pem();
        let body = key.lines().nth(1).unwrap();
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (parts, expected) in [
            (&[certificate.as_str()][..], "identity: contains no private key"),
            (&[&key], "identity: contains no certificate"),
            (&["one line\nof words"], "identity: contains neither a certificate nor a private key"),
            (&[&certificate, &key, &other], "identity: contains more than one private key"),
            (&[&certificate, &other], "identity: the private key does not belong to the certificate"),
            (&[&certificate, broken], "identity: the private key is not usable"),
            (&[&certificate, &key.replace("PRIVATE", "ENCRYPTED PRIVATE")], "identity: the private key is encrypted"),
            (&[&certificate, &key.replacen(body, "not base64!", 1)], "identity: it is not valid PEM"),
            (&[&certificate, "no/such.key"], "identity: the file \"no/such.key\" cannot be read"),
        ] {
            let problem = problem(parts);
            assert!(problem.starts_with(expected) && !problem.contains(body), "{problem}");
        }
    }
}
