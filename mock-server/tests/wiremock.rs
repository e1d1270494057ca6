//! A plain `wiremock::MockServer` with the matchers and the responder of this crate, called over plain HTTP.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails by panicking, as they do")]

mod support;

use std::{collections::BTreeMap, time::Duration};

use http::Method;
use runtype_mock::{
    Answer, Capability, Config, Fault, FaultKind, KeyConfig, MockSurface, SurfaceConfig, SurfaceResponder,
    demo::{self, FULL_KEY, REVOKED_KEY, SCOPED_KEY},
    matchers::{bearer_key, capability, x_api_key},
};
use serde_json::{Value, json};
use support::Call;
use wiremock::{
    Match, Mock, MockServer, ResponseTemplate,
    matchers::{any, method},
};

const KEY: &str = "papi_mine_0123456789";

fn url(server: &MockServer, slug: &str) -> String {
    format!("{}/v1/products/prod_x/surfaces/surf_y/api/{slug}", server.uri())
}

/// A server that responds 200 if a matcher matches, else 404.
async fn matching(matcher: impl Match + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(matcher).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    server
}

/// A surface on a wiremock server, mounted as a catch-all.
async fn surface(config: Config) -> (MockServer, SurfaceResponder) {
    let server = MockServer::start().await;
    let surface = SurfaceResponder::new(&server, config).unwrap();
    Mock::given(any()).respond_with(surface.clone()).mount(&server).await;
    (server, surface)
}

#[tokio::test]
async fn a_mock_can_match_one_key_and_one_capability() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(bearer_key(KEY))
        .and(capability("echo"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "ok": true })))
        .expect(1)
        .mount(&server)
        .await;
    let answer = Call::post(url(&server, "echo")).bearer(KEY).json(&json!({})).send().await;
    assert_eq!(answer.read(), (200, json!({ "ok": true })));
    for other in [
        Call::post(url(&server, "price")).bearer(KEY),
        Call::post(url(&server, "echo")).bearer("papi_other_0123456789"),
        Call::post(url(&server, "echo")),
        Call::new(Method::GET, url(&server, "echo")).bearer(KEY),
    ] {
        assert_eq!(other.send().await.status(), 404);
    }
}

#[tokio::test]
async fn a_bearer_key_is_found_whatever_the_case_of_its_scheme_and_nowhere_else() {
    let server = matching(bearer_key(KEY)).await;
    let status = async |name, value: &str| Call::post(url(&server, "echo")).header(name, value).send().await.status();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(status("authorization", &format!("{scheme} {KEY}")).await, 200, "{scheme}");
    }
    for (name, value) in [
        ("authorization", format!("Basic {KEY}")),
        ("authorization", KEY.to_owned()),
        ("authorization", format!("Bearer {KEY}0")),
        ("authorization", format!("Bearer {}", KEY.to_uppercase())),
        ("x-api-key", KEY.to_owned()),
    ] {
        assert_eq!(status(name, &value).await, 404, "{name}: {value}");
    }
}

#[tokio::test]
async fn an_api_key_is_found_in_its_own_header_only() {
    let server = matching(x_api_key(KEY)).await;
    assert_eq!(Call::post(url(&server, "echo")).header("x-api-key", KEY).send().await.status(), 200);
    assert_eq!(
        Call::post(url(&server, "echo")).header("x-api-key", "papi_other_0123456789").send().await.status(),
        404
    );
    assert_eq!(Call::post(url(&server, "echo")).bearer(KEY).send().await.status(), 404);
    let both = Call::post(url(&server, "echo")).bearer("papi_other_0123456789").header("x-api-key", KEY);
    assert_eq!(both.send().await.status(), 200);
}

#[tokio::test]
async fn a_capability_is_named_by_the_path_or_by_the_body_of_a_dispatch() {
    let server = matching(capability("echo")).await;
    for call in [
        Call::post(url(&server, "echo")),
        Call::post(url(&server, "ech%6F")),
        Call::post(url(&server, "echo")).query("stream=true"),
        Call::post(url(&server, "dispatch")).json(&json!({ "capability": "echo", "input": {} })),
    ] {
        assert_eq!(call.send().await.status(), 200);
    }
    for call in [
        Call::post(url(&server, "echo2")),
        Call::post(url(&server, "dispatch")).json(&json!({ "capability": "price", "input": {} })),
        Call::post(url(&server, "dispatch")).body("not JSON"),
        Call::post(format!("{}/api/echo", server.uri())),
        Call::post(format!("{}/v1/products/prod_x/surfaces/surf_y/keys/echo", server.uri())),
    ] {
        assert_eq!(call.send().await.status(), 404);
    }
    let named_dispatch = matching(capability("dispatch")).await;
    assert_eq!(Call::post(url(&named_dispatch, "dispatch")).body("{}").send().await.status(), 404);
}

#[test]
fn a_matcher_prints_its_key_as_a_hint() {
    let printed = format!("{:?} {:?}", bearer_key(KEY), x_api_key(KEY));
    assert!(!printed.contains("0123456789") && printed.matches("papi_…6789").count() == 2, "{printed}");
}

#[tokio::test]
async fn a_plain_wiremock_server_can_be_a_whole_surface() {
    let (server, surface) = surface(demo::config()).await;
    let call = async |slug: &str, key: &str| {
        Call::post(surface.endpoint_url(slug)).bearer(key).json(&json!({ "input": "One. Two." })).send().await
    };
    assert_eq!(call("summarize-article", SCOPED_KEY).await.read(), (200, json!({ "summary": "One.", "words": 2 })));
    assert_eq!([call("echo", SCOPED_KEY).await.status(), call("echo", REVOKED_KEY).await.status()], [403, 401]);
    let document = Call::new(Method::GET, surface.endpoint_url("openapi.json")).bearer(FULL_KEY).send().await.json();
    assert_eq!(document["servers"][0]["url"], surface.endpoint_url("").trim_end_matches('/'));
    let environment: BTreeMap<_, _> = surface.variables().into_iter().collect();
    assert_eq!(environment["RUNTYPE_BASE_URL"], server.uri());
    assert_eq!(environment["RUNTYPE_PRODUCT_API_KEY"], FULL_KEY);
}

#[tokio::test]
async fn other_mocks_can_precede_the_surface() {
    let server = MockServer::start().await;
    Mock::given(bearer_key(FULL_KEY))
        .and(capability("echo"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let surface = SurfaceResponder::new(&server, demo::config()).unwrap();
    Mock::given(any()).respond_with(surface.clone()).mount(&server).await;
    let call =
        async || Call::post(surface.endpoint_url("echo")).bearer(FULL_KEY).json(&json!({})).send().await.status();
    assert_eq!([call().await, call().await], [503, 200]);
}

#[tokio::test]
async fn an_invalid_or_empty_configuration_is_rejected() {
    let server = MockServer::start().await;
    let empty = SurfaceResponder::new(&server, Config::default()).unwrap_err().to_string();
    assert!(empty.contains("no surface"), "{empty}");
    let twice =
        SurfaceConfig { capabilities: vec![Capability::new("a"), Capability::new("a")], ..SurfaceConfig::default() };
    let twice = SurfaceResponder::new(&server, Config { surfaces: vec![twice], ..Config::default() }).unwrap_err();
    assert!(twice.to_string().contains("two capabilities"), "{twice}");
}

#[tokio::test]
async fn what_wiremock_cannot_deliver_is_a_500_that_says_so() {
    let config = Config {
        surfaces: vec![SurfaceConfig {
            capabilities: vec![
                Capability::new("cut"),
                Capability::new("asked")
                    .answering(Answer::Callback { url: "http://127.0.0.1:1/".to_owned(), timeout_ms: 1 }),
            ],
            keys: vec![KeyConfig::new(KEY)],
            faults: vec![Fault::new(FaultKind::Reset).on("cut")],
            ..SurfaceConfig::default()
        }],
        ..Config::default()
    };
    let (_server, surface) = surface(config).await;
    for (slug, words) in [("cut", "a fault of kind `reset`"), ("asked", "an HTTP callback")] {
        let (status, body) = Call::post(surface.endpoint_url(slug)).bearer(KEY).json(&json!({})).send().await.read();
        assert!(status == 500 && body["error"].as_str().unwrap().starts_with(words), "{slug}: {status} {body}");
    }
}

#[tokio::test]
async fn a_pause_becomes_wiremocks_delay_and_blocks_no_other_call() {
    let mut config = demo::config();
    let late = Fault::latency(Duration::from_secs(600)).on("fails");
    config.surfaces.iter_mut().for_each(|surface| surface.faults.push(late.clone()));
    let (server, surface) = surface(config).await;
    let stuck = tokio::spawn(Call::post(surface.endpoint_url("fails")).bearer(FULL_KEY).json(&json!({})).try_send());
    let journal = format!("{}/__mock/journal", server.uri());
    while Call::new(Method::GET, &journal).send().await.json()["requests"] == json!([]) {
        tokio::task::yield_now().await;
    }
    let quick = Call::post(surface.endpoint_url("echo")).bearer(FULL_KEY).json(&json!({ "a": 1 })).send().await;
    assert_eq!(quick.read(), (200, json!({ "a": 1 })));
    assert!(!stuck.is_finished());
    stuck.abort();
}

#[tokio::test]
async fn a_running_mock_can_respond_on_a_wiremock_server_too() {
    let mock = MockSurface::start().await.unwrap();
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(mock.responder()).mount(&server).await;
    let target = format!("{}/v1/products/prod_demo/surfaces/surf_demo/api/echo", server.uri());
    let answer = Call::post(target).bearer(FULL_KEY).json(&json!({ "a": 1 })).send().await;
    assert_eq!(answer.read(), (200, json!({ "a": 1 })));
    assert_eq!(mock.requests().iter().map(|entry| entry.reached).collect::<Vec<_>>(), [true]);
}

#[tokio::test]
async fn the_control_interface_works_there_too_and_checks_its_hosts() {
    let (server, surface) = surface(demo::config()).await;
    let state = async |host: &str| {
        Call::new(Method::GET, format!("{}/__mock/state", server.uri())).header("host", host).send().await
    };
    assert_eq!(state("evil.example").await.status(), 403);
    let shown: Value = state("localhost").await.json();
    assert_eq!((&shown["base_url"], &shown["surfaces"][0]["surface_id"]), (&json!(server.uri()), &json!("surf_demo")));
    assert!(!format!("{surface:?}").contains(FULL_KEY));
}
