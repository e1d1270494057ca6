//! The address of a mock, as clients name it, and the token that protects its control interface elsewhere than on this machine.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use http::Uri;

use crate::secret::Secret;

/// The URL of an address that a mock listens on. One that listens on all addresses is named by the loopback one.
pub(super) fn url_of(mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("http://{address}")
}

/// Validates the URL under which clients reach the mock.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    let plain = text.trim_end_matches('/');
    let uri = plain.parse::<Uri>().ok();
    let is_url = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            && matches!(uri.path(), "" | "/")
            && uri.query().is_none()
            && !plain.contains('@')
    });
    if !is_url {
        return Err(format!("the public URL is {text:?}; it is scheme, host and port, such as http://mock:8080"));
    }
    Ok(plain.to_owned())
}

/// A new token.
pub(super) fn token() -> io::Result<Secret> {
    let mut bytes = [0_u8; 20];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Secret::new(digits.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mock_on_all_addresses_is_named_by_the_loopback_one() {
        assert_eq!(url_of("0.0.0.0:80".parse().unwrap()), "http://127.0.0.1:80");
        assert_eq!(url_of("[::]:80".parse().unwrap()), "http://[::1]:80");
        assert_eq!(url_of("192.0.2.1:80".parse().unwrap()), "http://192.0.2.1:80");
    }

    #[test]
    fn a_public_url_has_no_more_than_scheme_host_and_port() {
        assert_eq!(public_url("http://mock:8080/").as_deref(), Ok("http://mock:8080"));
        for wrong in ["mock:8080", "ftp://mock", "http://mock/path", "http://a:b@mock", "http://mock?x=1", "http://"] {
            assert!(public_url(wrong).unwrap_err().contains("http://mock:8080"), "{wrong}");
        }
    }

    #[test]
    fn two_tokens_differ_and_are_long() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.expose().len(), 40);
    }
}
