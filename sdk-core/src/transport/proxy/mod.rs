//! The proxy: that of the option, else that of the environment.

pub(super) mod probe;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::{
    config::environment::{Environment, NO_PROXY, PROXIES},
    error::{Error, cause::plain, route::ProxyName},
    redact,
};

/// The schemes of SOCKS; the names of hosts are resolved here, or by the proxy (`socks4a`, `socks5h`).
const SOCKS: [&str; 4] = ["socks4", "socks4a", "socks5", "socks5h"];

/// A proxy, and how errors name it.
pub(super) struct Proxy {
    pub(super) proxy: reqwest::Proxy,
    pub(super) url: Url,
    pub(super) name: ProxyName,
}

/// The proxy of the option or variable `set_by`.
pub(super) fn parse(set_by: &'static str, text: &str) -> Result<Proxy, Error> {
    // Not quoted: a proxy's URL may contain a password.
    let refuse = |problem: &str| Error::configuration(set_by, problem);
    let url = Url::parse(text).map_err(|error| {
        refuse(&format!("not a URL ({}): pass one such as http://proxy.example:3128", plain(&error.to_string())))
    })?;
    match url.scheme() {
        "http" | "https" => {}
        socks if SOCKS.contains(&socks) && cfg!(feature = "socks") => {}
        socks if SOCKS.contains(&socks) => {
            return Err(refuse(&format!("the scheme {socks} needs the crate's feature `socks`")));
        }
        other => {
            let known = if cfg!(feature = "socks") { "http, https, socks5 or socks5h" } else { "http or https" };
            return Err(refuse(&format!("the scheme must be {known}, not {}", redact::quote(other))));
        }
    }
    if !url.has_host() {
        return Err(refuse("the URL has no host: pass one such as http://proxy.example:3128"));
    }
    let name = ProxyName { host: host_of(&url), set_by, has_password: url.password().is_some() };
    let proxy = reqwest::Proxy::all(url.clone()).map_err(|_| refuse("not usable as a proxy"))?;
    Ok(Proxy { proxy, url, name })
}

/// The proxy of the environment for an https address. None where no variable is set, or `NO_PROXY` has the host.
pub(super) fn of_environment(environment: &Environment, target: &str) -> Result<Option<Proxy>, Error> {
    let Some((name, text)) = first(environment, &PROXIES)? else { return Ok(None) };
    // As curl does, without a scheme it is a proxy of HTTP.
    let text = if text.contains("://") { text } else { format!("http://{text}") };
    let proxy = parse(name, &text)?;
    let exceptions = first(environment, &NO_PROXY)?.map(|(_, hosts)| hosts).unwrap_or_default();
    let rules = Matcher::builder().all("http://proxy.invalid").no(exceptions).build();
    let is_excepted = target.parse().is_ok_and(|target| rules.intercept(&target).is_none());
    Ok((!is_excepted).then_some(proxy))
}

/// The first variable that is set, and its value.
fn first(environment: &Environment, names: &[&'static str]) -> Result<Option<(&'static str, String)>, Error> {
    for name in names {
        if let Some(value) = environment.read(name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

fn host_of(url: &Url) -> String {
    let host = redact::hide_credentials(url.host_str().unwrap_or_default()).into_owned();
    url.port_or_known_default().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &'static [(&'static str, &'static str)]) -> Environment {
        Environment::new("RUNTYPE")
            .with_lookup(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    fn chosen(variables: &'static [(&'static str, &'static str)]) -> Option<ProxyName> {
        of_environment(&environment(variables), "https://api.example.com").unwrap().map(|proxy| proxy.name)
    }

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let proxy = parse("proxy", "http://user:secret@proxy.example:3128/").unwrap();
        assert_eq!((proxy.name.host.as_str(), proxy.name.has_password), ("proxy.example:3128", true));
        assert_eq!(parse("proxy", "http://[::1]").unwrap().name.host, "[::1]:80");
        for (text, expected) in [
            ("proxy.example", "proxy: not a URL (it has no scheme): pass one such as"),
            ("ftp://user:secret@h", "proxy: the scheme must be http"),
            ("http://", "proxy: not a URL"),
        ] {
            let refused = parse("proxy", text).err().unwrap().to_string();
            assert!(refused.starts_with(expected) && !refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn the_environments_proxy_is_the_first_that_is_set() {
        let named = |variables| chosen(variables).map(|name| (name.set_by, name.host));
        assert_eq!(named(&[]), None);
        assert_eq!(named(&[("HTTPS_PROXY", "")]), None);
        assert_eq!(named(&[("HTTP_PROXY", "http://a:1")]), None);
        assert_eq!(named(&[("HTTPS_PROXY", "http://a:1")]), Some(("HTTPS_PROXY", "a:1".into())));
        assert_eq!(named(&[("HTTPS_PROXY", "user:pass@a:1")]), Some(("HTTPS_PROXY", "a:1".into())));
        assert_eq!(
            named(&[("https_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:1")]),
            Some(("https_proxy", "a:1".into()))
        );
        assert_eq!(named(&[("ALL_PROXY", "http://a:1")]), Some(("ALL_PROXY", "a:1".into())));
        assert_eq!(named(&[("all_proxy", "http://a:1")]), Some(("all_proxy", "a:1".into())));
    }

    #[test]
    fn a_wrong_variable_is_named_and_its_value_is_not() {
        let wrong = environment(&[("HTTPS_PROXY", "ftp://user:hunter2@h")]);
        let error = of_environment(&wrong, "https://api.example.com").err().unwrap();
        assert_eq!(error.option(), Some("HTTPS_PROXY"));
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn no_proxy_excepts_hosts_their_subdomains_and_networks() {
        for (hosts, target, is_used) in [
            ("example.com", "https://api.example.com", false),
            (".example.com", "https://api.example.com", false),
            ("other.com, api.example.com", "https://api.example.com", false),
            ("*", "https://api.example.com", false),
            ("ample.com", "https://api.example.com", true),
            ("10.0.0.0/8", "https://10.1.2.3", false),
            ("10.0.0.0/8", "https://11.1.2.3", true),
            ("", "https://api.example.com", true),
        ] {
            let environment = Environment::new("RUNTYPE").with_lookup(move |name| match name {
                "HTTPS_PROXY" => Some("http://a:1".into()),
                "NO_PROXY" => Some(hosts.into()),
                _ => None,
            });
            let found = of_environment(&environment, target).unwrap();
            assert_eq!(found.is_some(), is_used, "{hosts} {target}");
        }
        assert!(chosen(&[("HTTPS_PROXY", "http://a:1"), ("no_proxy", "example.com")]).is_none());
        let lower_first = &[("HTTPS_PROXY", "http://a:1"), ("no_proxy", "x.y"), ("NO_PROXY", "example.com")];
        assert!(chosen(lower_first).is_some());
    }

    #[test]
    fn socks_is_a_feature() {
        let parsed = parse("proxy", "socks5h://user:secret@proxy.example:1080");
        if cfg!(feature = "socks") {
            assert_eq!(parsed.unwrap().name.host, "proxy.example:1080");
        } else {
            let refused = parsed.err().unwrap().to_string();
            assert_eq!(refused, "proxy: the scheme socks5h needs the crate's feature `socks`");
        }
    }
}
