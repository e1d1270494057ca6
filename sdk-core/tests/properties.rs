//! Properties of any input: nothing panics, no URL leaves its surface, no output shows the key.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    error::Error as _,
    io::Write,
    sync::{Arc, LazyLock, Mutex},
};

use proptest::prelude::*;
use runtype_surface::{ApiKey, Client, Endpoint, Error, bindings::Report as _, capability_slug};
use serde_json::Value;
use support::raw_server::{RawServer, response};

const BASES: [&str; 4] =
    ["https://api.runtype.com", "https://gateway.example/some/prefix", "http://[::1]:8080", "http://127.0.0.1:9/x"];

/// Everything that this process logs, at every level.
static LOG: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(|| {
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || Shared(writer.clone()))
        .init();
    log
});

struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All texts of an error.
fn outputs(error: &Error) -> Vec<String> {
    let mut outputs = vec![
        error.to_string(),
        // Including the panic message of `unwrap`.
        format!("{error:?}"),
        format!("{error:#?}"),
        error.report(),
        error.server_message().unwrap_or_default().to_owned(),
        format!("{:?}", error.headers()),
        format!("{:?}", error.attempts()),
        String::from_utf8_lossy(error.body().map(|body| &body[..]).unwrap_or_default()).into_owned(),
    ];
    let mut source = error.source();
    while let Some(cause) = source {
        outputs.push(format!("{cause} {cause:?}"));
        source = cause.source();
    }
    outputs
}

fn shows(output: &str, key: &str) -> bool {
    let escaped = serde_json::to_string(key).unwrap();
    output.contains(key) || output.contains(escaped.trim_matches('"'))
}

fn any_key() -> impl Strategy<Value = String> {
    "papi_[!-~]{8,60}"
}

proptest! {
    #[test]
    fn an_id_or_a_slug_never_leaves_its_segment(
        base in prop::sample::select(&BASES[..]),
        product in any::<String>(),
        surface in any::<String>(),
        slug in any::<String>(),
    ) {
        let Ok(endpoint) = Endpoint::new(base, &product, &surface) else { return Ok(()) };
        let Ok(url) = endpoint.capability_url(&slug) else { return Ok(()) };
        let wanted = url::Url::parse(base).unwrap();
        prop_assert_eq!(url.origin(), wanted.origin());
        prop_assert!(url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
        let prefix = wanted.path().trim_end_matches('/');
        let rest = url.path().strip_prefix(prefix).unwrap();
        let segments: Vec<_> = rest
            .split('/')
            .map(|segment| percent_encoding::percent_decode_str(segment).decode_utf8().unwrap().into_owned())
            .collect();
        prop_assert_eq!(segments, ["", "v1", "products", &product, "surfaces", &surface, "api", &slug]);
        let again = Endpoint::parse(url.as_str()).unwrap();
        prop_assert_eq!(again.without_capability(), endpoint);
    }

    #[test]
    fn any_text_as_an_address_a_slug_or_a_name_is_taken_or_refused(text in any::<String>(), url in "https?://[ -~]{0,40}") {
        let _ = Endpoint::parse(&text);
        let _ = Endpoint::parse(&url);
        let _ = Endpoint::new(&url, &text, &text);
        let slug = capability_slug(&text);
        prop_assert!(slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)));
        prop_assert_eq!(capability_slug(&slug), slug.clone());
    }

    #[test]
    fn any_text_as_a_key_is_taken_or_refused_and_never_shown(secret in "[!-~é ]{8,40}", prefix in "(papi_|rt_live_|mcp_|ct_| |)") {
        let key = format!("{prefix}{secret}");
        match ApiKey::parse(key.clone()) {
            Ok(parsed) => {
                let json = serde_json::to_string(&parsed).unwrap();
                let shown = format!("{parsed} {parsed:?} {json}");
                prop_assert!(!shown.contains(&secret));
            }
            Err(error) => {
                for output in outputs(&error) {
                    prop_assert!(!output.contains(&secret), "{}", output);
                }
            }
        }
    }

    #[test]
    fn a_key_in_the_wrong_place_is_never_shown(key in "papi_[a-zA-Z0-9_-]{8,40}") {
        let builders = [
            Client::builder().api_key("papi_right_place").product_id(&key).surface_id("s"),
            Client::builder().api_key("papi_right_place").product_id("p").surface_id(&key),
            Client::builder().api_key("papi_right_place").endpoint_url(&key),
            Client::builder().api_key("papi_right_place").endpoint_url(format!("https://h/v1/products/{key}/surfaces/s")),
            Client::builder().api_key("papi_right_place").product_id("p").surface_id("s").base_url(&key),
            Client::builder().api_key("papi_right_place").product_id("p").surface_id("s").base_url(format!("https://h/{key}")),
            Client::builder().api_key("papi_right_place").product_id("p").surface_id("s").base_url(format!("https://{key}@h")),
            Client::builder().api_key("papi_right_place").product_id("p").surface_id("s").header("x-trace", &key),
            Client::builder().api_key("papi_right_place").product_id("p").surface_id("s").proxy(format!("ftp://{key}@h")),
            Client::builder().api_key(format!(" {key}")).product_id("p").surface_id("s"),
            Client::builder().env_prefix(&format!("{key}!")).api_key("papi_right_place"),
        ];
        for builder in builders {
            let builder = builder.variables(|_| None);
            let shown = format!("{builder:?}");
            prop_assert!(!shown.contains(&key));
            let error = builder.build().unwrap_err();
            for output in outputs(&error) {
                prop_assert!(!output.contains(&key), "{}", output);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_answer_makes_the_client_show_its_key_or_panic(
        key in any_key(),
        status in 200_u16..600,
        noise in prop::collection::vec(any::<u8>(), 0..40),
        form in 0_usize..6,
        kind in prop::sample::select(&["application/json", "text/plain", "text/html"][..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LazyLock::force(&LOG);
        let error = runtime.block_on(async {
            let body = match form {
                0 => serde_json::json!({ "error": format!("no such key: {key}") }).to_string().into_bytes(),
                1 => serde_json::json!({ "error": { "code": key, "message": key, "details": { &key: [key] } } }).to_string().into_bytes(),
                2 => serde_json::json!({ "executionId": key, "output": key, "metadata": key }).to_string().into_bytes(),
                3 => key.clone().into_bytes(),
                4 => noise,
                _ => [&noise[..], key.as_bytes(), &noise[..]].concat(),
            };
            let location = format!("http://127.0.0.1:1/?key={key}");
            let reply = response(
                status,
                &[("content-type", kind.as_bytes()), ("x-request-id", key.as_bytes()), ("location", location.as_bytes())],
                &body,
            );
            let server = RawServer::start(move |_| reply.clone()).await;
            let client = Client::builder()
                .variables(|_| None)
                .api_key(key.clone())
                .product_id("p")
                .surface_id("s")
                .base_url(server.url())
                .max_retries(0)
                .build()
                .unwrap();
            let shown = format!("{client:?}");
            prop_assert!(!shows(&shown, &key));
            Ok(client.call::<Vec<u8>>("echo", &Value::Object(Default::default())).await)
        })?;
        if let Err(error) = error {
            for output in outputs(&error) {
                prop_assert!(!shows(&output, &key), "{} shows {}", output, key);
            }
        }
        let log = String::from_utf8_lossy(&std::mem::take(&mut *LOG.lock().unwrap())).into_owned();
        prop_assert!(!log.is_empty(), "nothing was logged, so nothing was checked");
        prop_assert!(!shows(&log, &key), "the log shows {}", key);
    }
}
