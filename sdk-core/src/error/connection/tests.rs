//! What each text of a connection says.

use std::io;

use super::{
    super::certificate::{Fault, RejectedCertificate},
    *,
};
use crate::error::route::Roots;

#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Link {
    text: &'static str,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The HTTP library's chain where nobody listens.
fn refused() -> Cause {
    let io = Box::new(io::Error::from(io::ErrorKind::ConnectionRefused));
    let tcp = Box::new(Link { text: "tcp connect error", source: Some(io) });
    Cause::of(&Link { text: "client error (Connect)", source: Some(tcp) })
}

fn rejected(host: &str, fault: Fault) -> Cause {
    let rejected = RejectedCertificate { host: host.into(), fault };
    let reason = rustls::CertificateError::Other(rustls::OtherError(std::sync::Arc::new(rejected)));
    Cause::of(&io::Error::other(rustls::Error::InvalidCertificate(reason)))
}

fn proxy() -> ProxyName {
    ProxyName { host: "p.example:3128".into(), set_by: "HTTPS_PROXY", has_password: false }
}

fn route(proxy: Option<&ProxyName>, proxy_status: Option<u16>) -> Route<'_> {
    Route { host: "h.example:8443", proxy, proxy_status, roots: Roots::Bundled }
}

fn tunnel(text: &'static str) -> Cause {
    Cause::of(&Link { text: "error sending request", source: Some(Box::new(Link { text, source: None })) })
}

#[test]
fn a_broken_connection_says_whether_it_is_safe_to_retry() {
    let cause = || Cause::of(&io::Error::other("Connection lost"));
    let facts = broken(Some("echo"), &Route::to("host:1"), cause(), false);
    let expected =
        "echo: the connection to host:1 broke: connection lost\nThe call was not executed.\nIt is safe to retry.";
    assert_eq!((facts.text.as_str(), facts.kind), (expected, Some(ErrorKind::Connection)));
    assert!(!facts.may_have_executed && facts.source.is_some());
    let facts = broken(None, &Route::to("host:1"), cause(), true);
    assert!(facts.may_have_executed && facts.text.ends_with(CHECK_EFFECTS));
}

#[test]
fn a_connection_that_was_not_made_is_that_to_the_proxy_where_there_is_one() {
    let told = unmade(&route(None, None), &refused());
    assert_eq!(told.happened, "could not connect to h.example:8443: connection refused");
    assert_eq!(told.remedy, "Check base_url, the network and the proxy.");
    let told = unmade(&route(Some(&proxy()), None), &refused());
    assert_eq!(told.happened, "could not connect to the proxy p.example:3128: connection refused");
    assert_eq!(told.remedy, "Check HTTPS_PROXY and the network.");
}

#[test]
fn a_proxy_that_opens_no_tunnel_is_named_with_its_status() {
    let proxy = proxy();
    let through = "could not connect to h.example:8443 through the proxy p.example:3128: ";
    for (text, status, happened, remedy) in [
        ("proxy authorization required", None, "it refused with 407 Proxy Authentication Required", "Put a user name"),
        ("unsuccessful", Some(403), "it refused with 403 Forbidden", "Ask the proxy's administrator"),
        ("unsuccessful", Some(503), "it refused with 503 Service Unavailable", "Ask the proxy's administrator"),
        ("unsuccessful", Some(404), "it refused with 404 Not Found", "Check HTTPS_PROXY: this may be no proxy"),
        ("unsuccessful", None, "it did not answer as a proxy", "Check HTTPS_PROXY: this may be no proxy"),
        ("unexpected end of file", None, "it did not answer as a proxy", "Check HTTPS_PROXY"),
    ] {
        let text: &'static str = Box::leak(format!("tunnel error: {text}").into_boxed_str());
        let told = unmade(&route(Some(&proxy), status), &tunnel(text));
        assert_eq!(told.happened, format!("{through}{happened}"));
        assert!(told.remedy.starts_with(remedy), "{}", told.remedy);
    }
    let with_password = ProxyName { has_password: true, ..proxy };
    assert_eq!(with_password.credentials(), "Check the user name and the password in HTTPS_PROXY.");
}

#[test]
fn a_certificate_that_is_not_accepted_is_that_of_the_server_or_of_the_proxy() {
    let fault = || Fault::UnknownIssuer { issuer: Some("mitmproxy".into()) };
    let told = |proxy: Option<&ProxyName>, host| unmade(&route(proxy, None), &rejected(host, fault()));
    let direct = told(None, "h.example");
    assert_eq!(
        direct.happened,
        "could not connect to h.example:8443: its certificate was issued by \"mitmproxy\", which is not trusted"
    );
    assert_eq!(direct.addition, Some("Mozilla's authorities are trusted."));
    let proxied = told(Some(&proxy()), "p.example");
    assert!(proxied.happened.contains(": the certificate of the proxy p.example:3128 was issued by"));
    assert!(told(Some(&proxy()), "H.example").happened.contains("p.example:3128: its certificate was issued by"));
    let anonymous = unmade(&route(None, None), &rejected("h.example", Fault::UnknownIssuer { issuer: None }));
    assert!(
        anonymous.happened.ends_with("its certificate was not accepted: the authority that issued it is not trusted")
    );
    let expired = unmade(&route(None, None), &rejected("h.example", Fault::Expired { at: None }));
    assert!(expired.happened.ends_with("its certificate expired on another date") && expired.addition.is_none());
}
