//! Access to the control interface: for programs on this machine, but not for web pages in a browser.
//!
//! A page can reach a loopback port in three ways: through its own name that resolves to 127.0.0.1 (DNS rebinding), which `Host`
//! shows; with a request to another origin, which `Origin` and `Sec-Fetch-Site` show; and with a form or another simple request
//! from a browser too old for those headers, which cannot send `application/json` without a preflight.

use std::{net::IpAddr, str::FromStr as _};

use http::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN},
    uri::Authority,
};

use super::outcome::Refused;
use crate::request::Request;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Admits a control request, or rejects it. `base_url` is the mock's.
pub(super) fn check(request: &Request, base_url: &str) -> Result<(), Refused> {
    let hosts = known_hosts(request, base_url)?;
    own_origin(request, &hosts)?;
    own_site(request)?;
    json(request)
}

/// A host in lower case, and a port, by default 80.
type Place = (String, u16);

fn place(authority: &str) -> Option<Place> {
    // A user name before an @ is not allowed in `Host` and `Origin`.
    let authority = Some(authority).filter(|text| !text.contains('@')).map(Authority::from_str)?.ok()?;
    let port = match authority.port() {
        None => 80,
        Some(port) => port.as_u16(),
    };
    Some((authority.host().to_ascii_lowercase(), port))
}

/// The hosts that a request names, if all of them are the mock's.
fn known_hosts(request: &Request, base_url: &str) -> Result<Vec<Place>, Refused> {
    let listens = base_url.strip_prefix("http://").and_then(place).map(|(host, _)| host);
    let named = request.authority.clone().into_iter().chain(values(request, HOST));
    let hosts = named.map(|name| {
        let known = place(&name).filter(|(host, _)| is_loopback(host) || Some(host) == listens.as_ref());
        known.ok_or_else(|| {
            forbidden(format!(
                "the Host {name:?} is not this mock's: a control request names localhost, 127.0.0.1, [::1] or the address \
                 that the mock listens on; send it to {base_url}"
            ))
        })
    });
    let hosts: Vec<_> = hosts.collect::<Result<_, _>>()?;
    if hosts.is_empty() {
        let why = "the request has no Host, which a control request requires; add the header `Host: localhost`";
        return Err(forbidden(why.to_owned()));
    }
    Ok(hosts)
}

/// Whether a name is this machine for all resolvers. Not certain for `*.localhost`.
fn is_loopback(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || literal.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn own_origin(request: &Request, hosts: &[Place]) -> Result<(), Refused> {
    for origin in values(request, ORIGIN) {
        let own = origin.strip_prefix("http://").and_then(place);
        if own.is_none_or(|own| hosts.iter().any(|host| *host != own)) {
            return Err(forbidden(format!(
                "the Origin {origin:?} is not this mock's own: no web page may control the mock, except one of its own; \
                 send the request from a test or a terminal, without an Origin"
            )));
        }
    }
    Ok(())
}

fn own_site(request: &Request) -> Result<(), Refused> {
    match values(request, SEC_FETCH_SITE).find(|site| site != "same-origin" && site != "none") {
        None => Ok(()),
        Some(site) => Err(forbidden(format!(
            "Sec-Fetch-Site is {site:?}; a control request comes from no other site: `same-origin` and `none` are let in. \
             Send the request from a test or a terminal, without this header"
        ))),
    }
}

/// Requires the JSON content type for each body, and for methods with which a page can change something without a preflight, even
/// without a body.
fn json(request: &Request) -> Result<(), Refused> {
    let free = matches!(request.method, Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS);
    let must = !free || !request.body.is_empty();
    let mut kinds = values(request, CONTENT_TYPE).peekable();
    let problem = match kinds.peek() {
        None if must => "the request has no Content-Type".to_owned(),
        None => return Ok(()),
        Some(_) => match kinds.find(|kind| !is_json(kind)) {
            None => return Ok(()),
            Some(kind) => format!("the Content-Type is {kind:?}"),
        },
    };
    let rule =
        "the control interface takes JSON only; add the header `Content-Type: application/json`, without a body too";
    Err(Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("{problem}; {rule}")))
}

fn is_json(kind: &str) -> bool {
    kind.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// All values of a header as text. Values that are not text become one that is never allowed.
fn values(request: &Request, name: HeaderName) -> impl Iterator<Item = String> {
    let values = request.headers.get_all(name).iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn forbidden(problem: String) -> Refused {
    Refused(StatusCode::FORBIDDEN, problem)
}
