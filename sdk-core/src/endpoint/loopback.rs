//! Loopback addresses, to which a key may be sent without TLS.

use url::{Host, Url};

use super::Endpoint;
use crate::{
    error::{Error, spelling::spell},
    redact,
};

impl Endpoint {
    /// Rejects an address to which the key would be sent unencrypted: anything but https, or http on a loopback address.
    pub(crate) fn check_secure(&self) -> Result<(), Error> {
        if self.base_url().starts_with("https://") || self.is_loopback() {
            return Ok(());
        }
        Err(Error::configuration(
            "base_url",
            format!(
                "{} would send the key unencrypted: use https, or set {} on a network that you trust",
                redact::quote(self.base_url()),
                spell("allow_insecure_http")
            ),
        ))
    }

    /// Whether the host is a loopback address, or a name that is one (RFC 6761, section 6.3).
    pub(crate) fn is_loopback(&self) -> bool {
        self.localhost_name().is_some()
            || match self.host() {
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                Some(Host::Domain(_)) | None => false,
            }
    }

    /// The host, if it is `localhost` or ends in `.localhost`. The transport connects such a host to a loopback address without
    /// asking a resolver, which could return another one.
    pub(crate) fn localhost_name(&self) -> Option<String> {
        match self.host() {
            Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => Some(name),
            _ => None,
        }
    }

    fn host(&self) -> Option<Host<String>> {
        Url::parse(self.base_url()).ok()?.host().map(|host| host.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(base: &str) -> Endpoint {
        Endpoint::new(base, "prod_1", "surf_2").unwrap()
    }

    #[test]
    fn the_key_travels_over_https_or_loopback_only() {
        for base in [
            "https://h",
            "http://127.0.0.1:1",
            "http://127.8.8.8",
            "http://[::1]",
            "http://localhost:3",
            "http://a.localhost",
        ] {
            endpoint(base).check_secure().unwrap();
        }
        for base in ["http://h", "http://10.0.0.1", "http://localhost.evil.example", "http://128.0.0.1", "http://[::2]"]
        {
            let error = endpoint(base).check_secure().unwrap_err();
            assert!(error.to_string().contains("unencrypted"), "{error}");
        }
    }

    #[test]
    fn a_name_of_the_own_machine_is_known_as_one() {
        for (base, name) in [
            ("https://localhost", Some("localhost")),
            ("http://A.B.localhost:8080/x", Some("a.b.localhost")),
            ("http://127.0.0.1", None),
            ("https://notlocalhost", None),
        ] {
            assert_eq!(endpoint(base).localhost_name().as_deref(), name, "{base}");
        }
    }
}
