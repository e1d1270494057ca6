//! Whose certificates are trusted, what an error says of one that is not, and the client's own certificate.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use rcgen::{BasicConstraints, IsCa, date_time_ymd};
use runtype_surface::{ClientBuilder, Error, ErrorKind, Trust};
use serde_json::{Value, json};
use support::authority::{Authority, Issued, TlsServer, of_server};

type Variables = Vec<(&'static str, String)>;

async fn call(builder: ClientBuilder) -> Result<Value, Error> {
    builder.build()?.call("echo", &json!({})).await
}

/// The authority's certificate in a file, the file in a folder, and a server.
struct House {
    authority: Authority,
    server: TlsServer,
    folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let authority = Authority::new("Test Authority");
        let server = TlsServer::start(&authority.issue(of_server(&["localhost"])), None, &[]).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        std::fs::write(folder.path().join("words.txt"), "not a certificate").unwrap();
        Self { authority, server, folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn folder(&self) -> String {
        self.folder.path().to_str().unwrap().to_owned()
    }

    fn client(&self, variables: Variables) -> ClientBuilder {
        self.server.client("localhost", &variables)
    }

    async fn call(&self, variables: Variables) -> Result<Value, Error> {
        call(self.client(variables)).await
    }
}

#[tokio::test]
async fn the_variables_of_certificates_replace_the_roots() {
    let house = House::new().await;
    let empty = tempfile::tempdir().unwrap();
    let both = std::env::join_paths([empty.path(), house.folder.path()]).unwrap().into_string().unwrap();
    for variables in [
        vec![("SSL_CERT_FILE", house.path("authority.pem"))],
        vec![("SSL_CERT_DIR", house.folder())],
        vec![("SSL_CERT_DIR", both)],
        vec![("SSL_CERT_FILE", String::new()), ("SSL_CERT_DIR", house.folder())],
        vec![("SSL_CERT_FILE", house.path("authority.pem")), ("SSL_CERT_DIR", house.folder())],
    ] {
        assert_eq!(house.call(variables).await.unwrap(), json!({ "a": 1 }));
    }
    let other = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(other.path(), Authority::new("Another").pem()).unwrap();
    let variables = vec![("SSL_CERT_FILE", other.path().to_str().unwrap().to_owned())];
    let error = house.call(variables).await.unwrap_err();
    assert!(
        error.to_string().contains("Only the authorities of SSL_CERT_FILE and SSL_CERT_DIR are trusted."),
        "{error}"
    );
}

#[tokio::test]
async fn an_empty_variable_counts_as_not_set() {
    let house = House::new().await;
    let error = house.call(vec![("SSL_CERT_FILE", String::new()), ("SSL_CERT_DIR", String::new())]).await.unwrap_err();
    assert!(error.to_string().contains("Mozilla's authorities are trusted."), "{error}");
}

#[tokio::test]
async fn a_variable_without_a_usable_certificate_is_named_with_its_path() {
    let house = House::new().await;
    let empty = tempfile::tempdir().unwrap();
    let (words, nothing) = (house.path("words.txt"), house.path("nothing.pem"));
    let empty = empty.path().to_str().unwrap().to_owned();
    for (name, path, problem) in [
        ("SSL_CERT_FILE", &nothing, "cannot be read (no such file"),
        ("SSL_CERT_FILE", &words, "contains no usable certificate"),
        ("SSL_CERT_FILE", &empty, "cannot be read ("),
        ("SSL_CERT_DIR", &nothing, "cannot be read (no such file"),
        ("SSL_CERT_DIR", &empty, "contains no usable certificate"),
        ("SSL_CERT_DIR", &words, "cannot be read ("),
    ] {
        let error = house.client(vec![(name, path.clone())]).build().unwrap_err();
        assert_eq!((error.kind(), error.option()), (ErrorKind::Configuration, Some(name)));
        let text = error.to_string();
        assert!(text.contains(path.as_str()) && text.contains(problem), "{text}");
    }
}

#[tokio::test]
async fn the_variables_do_not_concern_a_client_of_plain_http_or_with_explicit_trust() {
    let house = House::new().await;
    let nothing = || vec![("SSL_CERT_FILE", "/no/such/file".to_owned())];
    house.client(nothing()).base_url("http://127.0.0.1:9").build().unwrap();
    house.client(nothing()).trust(Trust::Bundled).build().unwrap();
    let named = vec![("SSL_CERT_FILE", house.path("authority.pem"))];
    let error = call(house.client(named).trust(Trust::Bundled)).await.unwrap_err();
    assert!(error.to_string().contains("Mozilla's authorities are trusted."), "{error}");
}

#[cfg(feature = "native-roots")]
#[tokio::test]
async fn the_platforms_roots_are_where_the_variables_say() {
    let house = House::new().await;
    for trust in [Trust::System, Trust::Both] {
        let named = vec![("SSL_CERT_FILE", house.path("authority.pem"))];
        assert_eq!(call(house.client(named).trust(trust)).await.unwrap(), json!({ "a": 1 }));
    }
}

#[tokio::test]
async fn node_s_variable_is_of_no_other_language() {
    let house = House::new().await;
    let error = house.call(vec![("NODE_EXTRA_CA_CERTS", house.path("authority.pem"))]).await.unwrap_err();
    assert!(!error.to_string().contains("NODE_EXTRA_CA_CERTS"), "{error}");
    house.client(vec![("NODE_EXTRA_CA_CERTS", "/no/such/file".to_owned())]).build().unwrap();
}

#[tokio::test]
async fn additional_roots_are_text_or_a_file_beside_those_of_the_variables() {
    let house = House::new().await;
    let other = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(other.path(), Authority::new("Another").pem()).unwrap();
    let variables = || vec![("SSL_CERT_FILE", other.path().to_str().unwrap().to_owned())];
    for given in [house.authority.pem(), house.path("authority.pem")] {
        assert_eq!(call(house.client(vec![]).root_certificate(given.clone())).await.unwrap(), json!({ "a": 1 }));
        assert_eq!(call(house.client(variables()).root_certificate(given)).await.unwrap(), json!({ "a": 1 }));
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_accepted_has_a_sentence_of_its_own_and_no_request_is_sent() {
    let authority = Authority::new("mitmproxy");
    let long_ago = || {
        let mut params = of_server(&["localhost"]);
        (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
        params
    };
    let far_away = || {
        let mut params = of_server(&["localhost"]);
        (params.not_before, params.not_after) = (date_time_ymd(2200, 1, 1), date_time_ymd(2201, 1, 1));
        params
    };
    let of_authority = || {
        let mut params = of_server(&["localhost"]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    };
    let rows = [
        (
            authority.issue(of_server(&["localhost"])),
            false,
            "was issued by \"mitmproxy\", which is not trusted",
            "root_certificates",
        ),
        (Issued::by_itself(of_server(&["localhost"])), false, "is self-signed, and not trusted", "SSL_CERT_FILE"),
        (authority.issue(long_ago()), true, "expired on Tue, 01 Jan 2002 00:00:00 GMT", "to renew it"),
        (authority.issue(far_away()), true, "is not valid before Wed, 01 Jan 2200 00:00:00 GMT", "clock"),
        (
            authority.issue(of_server(&["other.example", "127.0.0.9"])),
            true,
            "is for \"other.example\", \"127.0.0.9\"",
            "base_url",
        ),
        (authority.issue(of_authority()), true, "is an authority's (CA:TRUE)", "CA:FALSE"),
    ];
    for protocols in [&[b"h2".as_slice(), b"http/1.1"][..], &[b"http/1.1"]] {
        for (issued, is_trusted, sentence, remedy) in &rows {
            let server = TlsServer::start(issued, None, protocols).await;
            let mut builder = server.client("localhost", &[]);
            if *is_trusted {
                builder = builder.root_certificate(authority.pem());
            }
            let error = call(builder).await.unwrap_err();
            let text = error.to_string();
            let happened =
                format!("echo: could not connect to localhost:{}: its certificate {sentence}", server.address.port());
            assert!(text.starts_with(&happened), "{text}");
            assert!(text.lines().nth(1).unwrap().ends_with("The call was not executed."), "{text}");
            assert!(text.lines().nth(2).unwrap().contains(remedy), "{text}");
            assert_eq!((error.kind(), error.may_have_executed()), (ErrorKind::Connection, false));
            // It would be the same a second later.
            assert_eq!((error.attempts().len(), server.requests()), (1, 0));
        }
    }
}

#[tokio::test]
async fn a_client_shows_its_certificate_to_a_server_that_asks_for_one() {
    let (authority, clients) = (Authority::new("of servers"), Authority::new("of clients"));
    let server = TlsServer::start(&authority.issue(of_server(&["localhost"])), Some(&clients), &[]).await;
    let own = clients.issue(of_server(&["client"]));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let (certificate, key) = (own.certificate.pem(), own.key.serialize_pem());
    let paths = [write("client.pem", &own.pem()), write("certificate.pem", &certificate), write("key.pem", &key)];
    let [whole, certificate_file, key_file] = paths;
    for parts in [vec![own.pem()], vec![certificate, key], vec![whole], vec![certificate_file, key_file]] {
        let builder = server.client("localhost", &[]).root_certificate(authority.pem());
        let builder = parts.into_iter().fold(builder, ClientBuilder::identity);
        assert_eq!(call(builder).await.unwrap(), json!({ "a": 1 }));
    }
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn a_server_that_refuses_the_clients_certificate_has_executed_nothing() {
    let (authority, clients) = (Authority::new("of servers"), Authority::new("of clients"));
    for protocols in [&[b"h2".as_slice()][..], &[]] {
        let server = TlsServer::start(&authority.issue(of_server(&["localhost"])), Some(&clients), protocols).await;
        let builder = || server.client("localhost", &[]).root_certificate(authority.pem());
        let stranger = Authority::new("a stranger").issue(of_server(&["client"])).pem();
        for (builder, sentence, remedy) in [
            (builder(), "the server asks for a certificate of the client", "as identity."),
            (builder().identity(stranger), "the server does not accept the client's certificate", "Check identity"),
        ] {
            let error = call(builder).await.unwrap_err();
            let text = error.to_string();
            assert!(text.contains(sentence) && text.contains(remedy), "{text}");
            assert!(!error.may_have_executed() && error.attempts().len() == 1, "{error:?}");
        }
        assert_eq!(server.requests(), 0);
    }
}

#[tokio::test]
async fn an_identity_is_shown_nowhere() {
    let own = Authority::new("of clients").issue(of_server(&["client"]));
    let key = own.key.serialize_pem();
    let secret = key.lines().nth(1).unwrap();
    let builder = support::authority::client("https://h.example", &[]).identity(own.pem());
    assert!(!format!("{builder:?}").contains(secret));
    assert!(!format!("{:?}", builder.build().unwrap()).contains(secret));
    let error = support::authority::client("https://h.example", &[]).identity(key.clone()).build().unwrap_err();
    assert_eq!(error.option(), Some("identity"));
    assert!(!error.to_string().contains(secret) && !format!("{error:?}").contains(secret), "{error}");
}
