//! The way to the server: its name, a connection, TLS.

use std::{
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, ClientConnection, pki_types::ServerName};
use url::{Host, Url};

use super::check::Check;
use crate::{
    cli::exit,
    client::Client,
    error::{cause::Cause, spelling::spell},
    redact,
    transport::tls::issuer_of,
};

const NAME: &str = "name";
const CONNECTION: &str = "connection";
const TLS: &str = "TLS";

/// Most addresses of a name in a line.
const MOST_SHOWN: usize = 3;

/// Where a connection goes.
pub(super) struct Route {
    host: Host<String>,
    port: u16,
    is_https: bool,
    /// Whether the host is a proxy's.
    is_proxy: bool,
    connect_timeout: Duration,
    tls: ClientConfig,
}

impl Route {
    /// The way of a client's calls. None for an address without a host, which no endpoint has.
    pub(super) fn of(client: &Client) -> Option<Self> {
        let transport = client.transport();
        let base = Url::parse(client.endpoint().base_url()).ok()?;
        let proxy = transport.proxy().map(|proxy| Url::parse(&format!("http://{proxy}"))).transpose().ok()?;
        let target = proxy.as_ref().unwrap_or(&base);
        Some(Self {
            host: target.host()?.to_owned(),
            port: target.port_or_known_default()?,
            is_https: base.scheme() == "https",
            is_proxy: proxy.is_some(),
            connect_timeout: transport.connect_timeout(),
            tls: transport.tls().clone(),
        })
    }

    fn place(&self) -> String {
        let proxy = if self.is_proxy { "the proxy " } else { "" };
        format!("{proxy}{}:{}", self.host, self.port)
    }

    /// Finds the host's addresses.
    pub(super) fn name(&self) -> (Check, Vec<SocketAddr>) {
        let host = &self.host;
        let loopback = || [([127, 0, 0, 1], self.port).into(), (std::net::Ipv6Addr::LOCALHOST, self.port).into()];
        let found = match host {
            Host::Ipv4(address) => return (known(host), vec![((*address), self.port).into()]),
            Host::Ipv6(address) => return (known(host), vec![((*address), self.port).into()]),
            Host::Domain(name) if name == "localhost" || name.ends_with(".localhost") => {
                return (Check::ok(NAME, format!("{name} is this machine")), loopback().to_vec());
            }
            Host::Domain(name) => (name.as_str(), self.port).to_socket_addrs(),
        };
        match found {
            Ok(addresses) => {
                let addresses: Vec<_> = addresses.collect();
                let shown: Vec<_> = addresses.iter().take(MOST_SHOWN).map(|address| address.ip().to_string()).collect();
                (Check::ok(NAME, format!("{host} is {}", shown.join(", "))), addresses)
            }
            Err(error) => {
                let text = format!("{host}: {}", Cause::of(&error).reason());
                let option = spell(if self.is_proxy { "proxy" } else { "base_url" });
                let remedy = format!(
                    "Check {option} and its variable for a mistake, then this machine's DNS and network. Where only a proxy reaches \
                     the internet, set HTTPS_PROXY."
                );
                (Check::problem(NAME, exit::CONNECTION, text, remedy), Vec::new())
            }
        }
    }

    /// Connects to the first address that accepts.
    pub(super) fn connection(&self, addresses: &[SocketAddr]) -> (Check, Option<TcpStream>) {
        let mut failure = None;
        for address in addresses {
            match connect(address, self.connect_timeout) {
                Ok(stream) => return (Check::ok(CONNECTION, format!("{} accepts", self.place())), Some(stream)),
                Err(error) => failure = Some(error),
            }
        }
        let reason = failure.map_or_else(|| "no address".to_owned(), |error| Cause::of(&error).reason());
        let text = format!("could not connect to {}: {reason}", self.place());
        let remedy = if self.is_proxy {
            format!("Check HTTPS_PROXY or {}, and whether the proxy runs.", spell("proxy"))
        } else {
            format!(
                "Check the host and port of {} and its variable, whether the server runs, and firewalls. Where only a proxy \
                 reaches the internet, set HTTPS_PROXY.",
                spell("base_url")
            )
        };
        (Check::problem(CONNECTION, exit::CONNECTION, text, remedy), None)
    }

    /// Shakes hands; none if that failed, so that the next request says why.
    pub(super) fn tls(&self, stream: TcpStream) -> Option<Check> {
        if !self.is_https {
            return Some(Check::skipped(TLS, "plain http"));
        }
        if self.is_proxy {
            return Some(Check::skipped(
                TLS,
                "inside the proxy's tunnel: the answer below came through it, or says why not",
            ));
        }
        let connection = self.shake_hands(stream).ok()?;
        let version = match connection.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
            _ => "TLS",
        };
        let protocol = match connection.alpn_protocol() {
            Some(b"h2") => "HTTP/2",
            _ => "HTTP/1.1",
        };
        let issuer = issuer_of(connection.peer_certificates().unwrap_or_default());
        let issuer = issuer.map(|name| format!(", issued by {}", redact::quote(&name))).unwrap_or_default();
        Some(Check::ok(TLS, format!("{version}, {protocol}, a trusted certificate{issuer}")))
    }

    fn shake_hands(&self, mut stream: TcpStream) -> std::io::Result<ClientConnection> {
        stream.set_read_timeout(Some(self.connect_timeout).filter(|time| !time.is_zero()))?;
        let name = ServerName::try_from(self.host.to_string()).map_err(std::io::Error::other)?;
        let mut connection = ClientConnection::new(Arc::new(self.tls.clone()), name).map_err(std::io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(connection)
    }
}

fn known(host: &Host<String>) -> Check {
    Check::skipped(NAME, format!("{host} is an address, not a name"))
}

fn connect(address: &SocketAddr, timeout: Duration) -> std::io::Result<TcpStream> {
    if timeout.is_zero() { TcpStream::connect(address) } else { TcpStream::connect_timeout(address, timeout) }
}
