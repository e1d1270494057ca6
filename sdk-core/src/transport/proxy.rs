//! The proxy option.

use url::Url;

use crate::{
    error::{Error, cause::plain},
    redact,
};

/// A proxy, and its host and port for texts, without a user name or password.
pub(super) struct Proxy {
    pub(super) proxy: reqwest::Proxy,
    pub(super) host: String,
}

pub(super) fn parse(text: &str) -> Result<Proxy, Error> {
    // Not quoted: a proxy's URL may contain a password.
    let refuse = |problem: &str| Error::configuration("proxy", problem);
    let url = Url::parse(text).map_err(|error| {
        refuse(&format!("not a URL ({}): pass one such as http://proxy.example:3128", plain(&error.to_string())))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse(&format!("the scheme must be http or https, not {}", redact::quote(url.scheme()))));
    }
    let host = host_of(&url);
    let proxy = reqwest::Proxy::all(url).map_err(|_| refuse("not usable as a proxy"))?;
    Ok(Proxy { proxy, host })
}

/// Host and port of the proxy that the HTTP library takes from the environment for https. None where `NO_PROXY` may make an
/// exception: only the library knows.
pub(super) fn of_environment() -> Option<String> {
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if ["NO_PROXY", "no_proxy"].into_iter().any(|name| read(name).is_some()) {
        return None;
    }
    let text = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].into_iter().find_map(read)?;
    let url = Url::parse(&text).ok().filter(Url::has_host).or_else(|| Url::parse(&format!("http://{text}")).ok())?;
    url.has_host().then(|| host_of(&url))
}

fn host_of(url: &Url) -> String {
    let host = redact::hide_credentials(url.host_str().unwrap_or_default()).into_owned();
    url.port_or_known_default().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let proxy = parse("http://user:secret@proxy.example:3128/").unwrap();
        assert_eq!(proxy.host, "proxy.example:3128");
        assert_eq!(parse("http://[::1]").unwrap().host, "[::1]:80");
        let refused = parse("proxy.example").err().unwrap().to_string();
        assert!(refused.starts_with("proxy: not a URL (it has no scheme): pass one such as"), "{refused}");
    }
}
