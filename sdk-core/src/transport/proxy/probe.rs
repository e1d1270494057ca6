//! What a proxy says instead of opening a tunnel. The HTTP library drops its status, so the proxy is asked once more.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use url::Url;

use super::Proxy;

/// A proxy that has refused at once does so again.
const PATIENCE: Duration = Duration::from_secs(3);

/// How to ask a proxy for a tunnel. It is asked only over plain TCP, as most are.
#[derive(Clone)]
pub(crate) struct Probe {
    address: String,
    request: String,
}

impl Probe {
    /// None for a proxy that speaks another protocol.
    pub(crate) fn new(proxy: &Proxy, target: &Url) -> Option<Self> {
        if proxy.url.scheme() != "http" {
            return None;
        }
        let (host, port) = (target.host_str()?, target.port_or_known_default()?);
        let credentials = proxy.name.has_password.then(|| authorization(&proxy.url)).flatten();
        let header = credentials.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
        let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{header}\r\n");
        Some(Self { address: proxy.name.host.clone(), request })
    }

    /// The status of the proxy's answer.
    pub(crate) async fn status(&self) -> Option<u16> {
        timeout(PATIENCE, self.ask()).await.ok().flatten()
    }

    async fn ask(&self) -> Option<u16> {
        let mut connection = TcpStream::connect(&self.address).await.ok()?;
        connection.write_all(self.request.as_bytes()).await.ok()?;
        // `HTTP/1.1 403`
        let mut line = [0; 12];
        connection.read_exact(&mut line).await.ok()?;
        status_in(&line)
    }
}

fn status_in(line: &[u8]) -> Option<u16> {
    let status = line.strip_prefix(b"HTTP/1.1 ").or_else(|| line.strip_prefix(b"HTTP/1.0 "))?;
    std::str::from_utf8(status).ok()?.parse().ok().filter(|status| (100..1000).contains(status))
}

/// The credentials of a URL, encoded by the library that sends them.
fn authorization(url: &Url) -> Option<String> {
    let rules = hyper_util::client::proxy::matcher::Matcher::builder().all(url.as_str().to_owned()).build();
    let target = http::Uri::from_static("https://target.invalid");
    let value = rules.intercept(&target)?.basic_auth()?.to_str().ok()?.to_owned();
    Some(value)
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The request may hold a password.
        f.debug_struct("Probe").field("address", &self.address).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::proxy::parse;

    fn probe(proxy: &str, target: &str) -> Option<Probe> {
        Probe::new(&parse("proxy", proxy).unwrap(), &target.parse().unwrap())
    }

    #[test]
    fn a_proxy_is_asked_with_its_credentials_and_they_are_not_shown() {
        let probe = probe("http://Aladdin:open%20sesame@p:1", "https://h.example/x").unwrap();
        assert_eq!(
            probe.request,
            "CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n\
             Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
        );
        assert_eq!(format!("{probe:?}"), "Probe { address: \"p:1\", .. }");
    }

    #[test]
    fn only_a_plain_proxy_of_http_is_asked() {
        assert!(probe("https://p:1", "https://h.example").is_none());
        assert!(!probe("http://p", "https://[::1]:8443").unwrap().request.contains("Authorization"));
    }

    #[test]
    fn only_a_line_of_http_has_a_status() {
        assert_eq!(status_in(b"HTTP/1.1 403"), Some(403));
        assert_eq!(status_in(b"HTTP/1.0 502"), Some(502));
        for line in [&b"SSH-2.0-Open"[..], b"HTTP/1.1 abc", b"HTTP/1.1 099", b"HTTP/2.0 200"] {
            assert_eq!(status_in(line), None);
        }
    }
}
