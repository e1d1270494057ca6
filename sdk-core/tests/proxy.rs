//! Proxies: those of the option and of the environment, with and without a password, and what they refuse.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::net::SocketAddr;

use runtype_surface::{ClientBuilder, Error, ErrorKind};
use serde_json::{Value, json};
use support::{
    authority::{Authority, TlsServer, client, of_server},
    raw_proxy::{Behaviour, RawProxy},
};

async fn call(builder: ClientBuilder) -> Result<Value, Error> {
    builder.build()?.call("echo", &json!({})).await
}

/// A server that is reached through a proxy alone, as `https://h.example`.
struct Behind {
    authority: Authority,
    server: TlsServer,
}

impl Behind {
    async fn new() -> Self {
        let authority = Authority::new("Test Authority");
        let server = TlsServer::start(&authority.issue(of_server(&["h.example", "0.0.0.0"])), None, &[]).await;
        Self { authority, server }
    }

    fn client(&self, variables: &[(&'static str, String)]) -> ClientBuilder {
        client("https://h.example", variables).root_certificate(self.authority.pem())
    }
}

/// The credentials of `user:pass word`.
const BASIC: &str = "Basic dXNlcjpwYXNzIHdvcmQ=";

#[tokio::test]
async fn a_proxy_of_the_option_or_of_a_variable_opens_the_tunnel_and_gets_its_password() {
    let behind = Behind::new().await;
    let proxy = RawProxy::start(Behaviour::Tunnel(behind.server.address)).await;
    let url = format!("http://user:pass%20word@{}", proxy.address);
    let mut builders = vec![behind.client(&[]).proxy(&url)];
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        builders.push(behind.client(&[(name, url.clone())]));
    }
    // The option wins.
    builders.push(behind.client(&[("HTTPS_PROXY", "http://127.0.0.1:1".into())]).proxy(&url));
    let count = builders.len();
    for builder in builders {
        assert_eq!(call(builder).await.unwrap(), json!({ "a": 1 }));
    }
    let asked = proxy.asked();
    assert_eq!((asked.len(), behind.server.requests()), (count, count));
    for head in asked {
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("connect h.example:443 http/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("proxy-authorization: {}", BASIC.to_ascii_lowercase())), "{head}");
        assert!(!head.contains("papi_"), "{head}");
    }
}

#[tokio::test]
async fn no_proxy_and_an_empty_option_reach_the_server_directly() {
    let behind = Behind::new().await;
    // Not a loopback address, so that the environment's proxy concerns it, and yet this machine's.
    let base_url = format!("https://0.0.0.0:{}", behind.server.address.port());
    let dead = || ("HTTPS_PROXY", "http://127.0.0.1:1".to_owned());
    let builder = |variables: &[(&'static str, String)]| {
        client(&base_url, variables).root_certificate(behind.authority.pem()).max_retries(0)
    };
    for name in ["NO_PROXY", "no_proxy"] {
        assert_eq!(call(builder(&[dead(), (name, "h.example, 0.0.0.0".into())])).await.unwrap(), json!({ "a": 1 }));
    }
    assert_eq!(call(builder(&[dead()]).proxy("")).await.unwrap(), json!({ "a": 1 }));
    let error = call(builder(&[dead()])).await.unwrap_err();
    assert!(error.to_string().contains("could not connect to the proxy 127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_asked_for_plain_http_or_for_this_machine() {
    let variables = [("HTTPS_PROXY", "foo://nonsense".to_owned()), ("ALL_PROXY", "foo://nonsense".to_owned())];
    client("http://127.0.0.1:9", &variables).build().unwrap();
    client("https://localhost:9", &variables).build().unwrap();
    let error = client("https://h.example", &variables).build().unwrap_err();
    assert_eq!(error.option(), Some("HTTPS_PROXY"));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_with_its_status_and_without_its_password() {
    let rows: [(&[u8], &str, &str, usize); 6] = [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
            "it refused with 407 Proxy Authentication Required",
            "Check the user name and the password in proxy.",
            1,
        ),
        (b"HTTP/1.1 403 Filtered\r\n\r\n", "it refused with 403 Forbidden", "Ask the proxy's administrator", 1),
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "it refused with 404 Not Found", "Check proxy: this may be no proxy", 1),
        (b"HTTP/1.1 503 Busy\r\n\r\n", "it refused with 503 Service Unavailable", "Ask the proxy's administrator", 2),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it did not answer as a proxy", "Check proxy: this may be no proxy", 2),
        (b"", "it did not answer as a proxy", "Check proxy: this may be no proxy", 2),
    ];
    for (answer, sentence, remedy, attempts) in rows {
        let proxy = RawProxy::start(Behaviour::Answer(answer)).await;
        let builder = client("https://h.example", &[]).proxy(format!("http://user:hunter2@{}", proxy.address));
        let error = call(builder.max_retries(1)).await.unwrap_err();
        let text = error.to_string();
        let happened = format!("echo: could not connect to h.example through the proxy {}: {sentence}", proxy.address);
        assert!(text.starts_with(&happened) && text.contains(remedy), "{text}");
        assert!(!format!("{text}{error:?}").contains("hunter2"), "{error:?}");
        assert_eq!((error.kind(), error.may_have_executed()), (ErrorKind::Connection, false));
        assert_eq!(error.attempts().len(), attempts, "{text}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_by_the_option_or_variable_that_sets_it() {
    let variables = [("https_proxy", "http://user:hunter2@127.0.0.1:1".to_owned())];
    let error = call(client("https://h.example", &variables).max_retries(0)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "echo: could not connect to the proxy 127.0.0.1:1: connection refused\nThe call was not executed.\n\
         Check https_proxy and the network."
    );
    let builder = client("https://h.example", &[]).proxy("http://no-such-proxy.invalid:3128").max_retries(0);
    let error = call(builder).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("the proxy no-such-proxy.invalid:3128: the host name could not be resolved"), "{text}");
}

#[tokio::test]
async fn a_407_for_plain_http_says_that_the_proxy_sent_it_and_that_nothing_ran() {
    let answer =
        b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\n<p/>";
    let proxy = RawProxy::start(Behaviour::Answer(answer)).await;
    for (credentials, remedy) in
        [("", "Put a user name and a password into proxy"), ("user:hunter2@", "Check the user name")]
    {
        let builder = client("http://intranet.example", &[])
            .allow_insecure_http(true)
            .proxy(format!("http://{credentials}{}", proxy.address));
        let error = call(builder).await.unwrap_err();
        let text = error.to_string();
        assert_eq!((error.status(), error.may_have_executed()), (Some(407), false));
        let cause = format!("The proxy {} sent this response. The call was not executed.", proxy.address);
        assert!(text.contains(&cause) && text.contains(remedy) && !text.contains("hunter2"), "{text}");
        assert_eq!(error.attempts().len(), 1);
    }
}

#[tokio::test]
async fn a_certificate_from_behind_a_proxy_is_the_servers() {
    let behind = Behind::new().await;
    let proxy = RawProxy::start(Behaviour::Tunnel(behind.server.address)).await;
    let builder = client("https://h.example", &[]).proxy(format!("http://{}", proxy.address));
    let text = call(builder).await.unwrap_err().to_string();
    let happened = format!(
        "echo: could not connect to h.example through the proxy {}: its certificate was issued by \"Test Authority\"",
        proxy.address
    );
    assert!(text.starts_with(&happened), "{text}");
}

#[tokio::test]
async fn a_certificate_of_an_https_proxy_is_named_as_its_own() {
    let authority = Authority::new("Proxy Authority");
    let server = TlsServer::start(&authority.issue(of_server(&["127.0.0.1"])), None, &[]).await;
    let proxy: SocketAddr = server.address;
    let error = call(client("https://h.example", &[]).proxy(format!("https://{proxy}"))).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&format!("the certificate of the proxy {proxy} was issued by \"Proxy Authority\"")),
        "{text}"
    );
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn a_proxy_of_socks_resolves_the_name_and_gets_its_password() {
    let behind = Behind::new().await;
    for (credentials, url) in [(None, ""), (Some(("user", "pass word")), "user:pass%20word@")] {
        let proxy = RawProxy::start(Behaviour::Socks(behind.server.address, credentials)).await;
        let url = format!("socks5h://{url}{}", proxy.address);
        assert_eq!(call(behind.client(&[]).proxy(&url)).await.unwrap(), json!({ "a": 1 }));
        assert_eq!(call(behind.client(&[("ALL_PROXY", url)])).await.unwrap(), json!({ "a": 1 }));
        assert_eq!(proxy.asked(), ["h.example:443", "h.example:443"]);
    }
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn a_proxy_of_socks_that_refuses_or_is_not_there_is_named() {
    let proxy = RawProxy::start(Behaviour::Socks(([127, 0, 0, 1], 1).into(), Some(("user", "right")))).await;
    let wrong = format!("socks5h://user:hunter2@{}", proxy.address);
    let error = call(client("https://h.example", &[]).proxy(wrong).max_retries(0)).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&format!("through the proxy {}: ", proxy.address)) && !text.contains("hunter2"), "{text}");
    assert!(!error.may_have_executed());
    let dead = client("https://h.example", &[]).proxy("socks5h://127.0.0.1:1").max_retries(0);
    let text = call(dead).await.unwrap_err().to_string();
    assert!(text.starts_with("echo: could not connect to the proxy 127.0.0.1:1: it cannot be reached"), "{text}");
}
