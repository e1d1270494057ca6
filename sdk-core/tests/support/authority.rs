//! Certificate authorities of tests, and servers with their certificates.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
};
use runtype_surface::{Client, ClientBuilder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        server::WebPkiClientVerifier,
    },
};

/// An authority that nobody trusts by itself.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub(crate) struct Issued {
    pub(crate) certificate: Certificate,
    pub(crate) key: KeyPair,
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// What a server's certificate says, for these hosts.
pub(crate) fn of_server(hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name = named("a server");
    params
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn issue(&self, params: CertificateParams) -> Issued {
        let key = KeyPair::generate().unwrap();
        Issued { certificate: params.signed_by(&key, &self.0).unwrap(), key }
    }
}

impl Issued {
    /// A certificate that its own key signed.
    pub(crate) fn by_itself(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { certificate: params.self_signed(&key).unwrap(), key }
    }

    /// Certificate and key as PEM.
    pub(crate) fn pem(&self) -> String {
        format!("{}{}", self.certificate.pem(), self.key.serialize_pem())
    }
}

/// A TLS server that answers every request with `{"a":1}`.
pub(crate) struct TlsServer {
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl TlsServer {
    /// With `clients`, only those are served that have a certificate of this authority.
    pub(crate) async fn start(own: &Issued, clients: Option<&Authority>, protocols: &[&[u8]]) -> Self {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let builder = match clients {
            None => builder.unwrap().with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.0.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
                builder.unwrap().with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.key.serialize_der()));
        let mut config = builder.with_single_cert(vec![own.certificate.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Self::serve(TlsAcceptor::from(Arc::new(config))).await
    }

    async fn serve(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, seen) = (acceptor.clone(), seen.clone());
                tokio::spawn(async move {
                    let mut buffer = vec![0; 16 * 1024];
                    let mut stream = match acceptor.accept(socket).into_fallible().await {
                        Ok(stream) => stream,
                        Err((_, mut socket)) => {
                            // What is unread when a socket closes resets the connection, and the alert would be lost.
                            socket.shutdown().await.ok();
                            while socket.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
                            return;
                        }
                    };
                    let mut request = Vec::new();
                    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                        request.extend_from_slice(&buffer[..count]);
                        if request.ends_with(b"{}") {
                            seen.fetch_add(1, Ordering::SeqCst);
                            request.clear();
                            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n";
                            stream.write_all(head.as_bytes()).await.unwrap();
                            stream.write_all(b"{\"a\":1}").await.unwrap();
                        }
                    }
                });
            }
        });
        Self { address, requests }
    }

    /// Number of requests that were read.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// A builder for a client of this server under the name `host`, in an environment of these variables alone.
    pub(crate) fn client(&self, host: &str, variables: &[(&'static str, String)]) -> ClientBuilder {
        client(&format!("https://{host}:{}", self.address.port()), variables)
    }
}

/// A builder for a client of an address, in an environment of these variables alone.
pub(crate) fn client(base_url: &str, variables: &[(&'static str, String)]) -> ClientBuilder {
    let variables = variables.to_vec();
    Client::builder()
        .variables(move |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
        .api_key("papi_trust_test_key_0001")
        .product_id("p")
        .surface_id("s")
        .base_url(base_url)
}
