//! The surface as its callers see it, by what the vendor documents.

mod support;

use runtype_mock::{
    Answer, Capability, Config, Fault, FaultKind, Format, KeyConfig, MockSurface, Outcome, Secret, SurfaceConfig,
    demo::{EXPIRED_KEY, FULL_KEY, LIMITED_KEY, REVOKED_KEY, SCOPED_KEY},
};
use serde_json::{Value, json};
use support::{Call, call, post};

const CHALLENGE: &str = "Bearer resource_metadata=\"https://api.runtype.com/.well-known/oauth-protected-resource\"";

#[tokio::test]
async fn either_header_is_enough() {
    let surface = MockSurface::start().await.unwrap();
    let bearer = call(&surface, "echo", FULL_KEY, &json!({"a": 1})).await;
    assert_eq!(bearer.read(), (200, json!({"a": 1})));
    let own = Call::post(surface.endpoint_url("echo")).header("x-api-key", FULL_KEY).json(&json!({"a": 2}));
    assert_eq!(own.send().await.read(), (200, json!({"a": 2})));
    let journal = surface.requests();
    assert_eq!(journal.iter().map(|entry| entry.auth).collect::<Vec<_>>(), [Some("bearer"), Some("x-api-key")]);
}

#[tokio::test]
async fn every_key_that_does_not_work_gets_the_documented_401() {
    let surface = MockSurface::start().await.unwrap();
    let url = surface.endpoint_url("echo");
    let unauthenticated = [
        Call::post(&url),
        Call::post(&url).bearer(""),
        Call::post(&url).bearer("not-a-key"),
        Call::post(&url).bearer("rt_live_0123456789"),
        Call::post(&url).bearer("papi_unknown_0123456789"),
        Call::post(&url).header("authorization", &format!("Basic {FULL_KEY}")),
        Call::post(&url).header("authorization", FULL_KEY),
        Call::post(&url).bearer(REVOKED_KEY),
        Call::post(&url).header("x-api-key", EXPIRED_KEY),
    ];
    for request in unauthenticated {
        let answer = request.json(&json!({})).send().await;
        assert_eq!(answer.header("www-authenticate"), CHALLENGE);
        assert!(answer.header("x-request-id").starts_with("req_"));
        assert_eq!(answer.read(), (401, json!({"error": "Invalid or missing API key"})));
    }
    assert!(surface.requests().iter().all(|entry| !entry.reached));
}

#[tokio::test]
async fn a_key_of_another_scope_gets_the_documented_403() {
    let surface = MockSurface::start().await.unwrap();
    let body = json!({"input": "One. Two."});
    assert_eq!(call(&surface, "summarize-article", SCOPED_KEY, &body).await.status(), 200);
    let refused = call(&surface, "echo", SCOPED_KEY, &body).await.read();
    assert_eq!(refused, (403, json!({"error": "API key does not have permission to access this resource"})));
}

#[tokio::test]
async fn a_revoked_key_stops_working_at_once() {
    let surface = MockSurface::start().await.unwrap();
    let key = surface.mint(["echo"]).unwrap();
    assert_eq!(call(&surface, "echo", &key, &json!({})).await.status(), 200);
    surface.revoke(&key).unwrap();
    assert_eq!(call(&surface, "echo", &key, &json!({})).await.status(), 401);
}

#[tokio::test]
async fn a_summary_is_computed_from_the_text() {
    let surface = MockSurface::start().await.unwrap();
    let body = json!({"input": "The sea rises. It rises fast."});
    let answer = call(&surface, "summarize-article", FULL_KEY, &body).await.read();
    assert_eq!(answer, (200, json!({"summary": "The sea rises.", "words": 6})));
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let surface = MockSurface::start().await.unwrap();
    assert_eq!(call(&surface, "no-such-thing", FULL_KEY, &json!({})).await.status(), 404);
    for url in
        ["/v1/products/prod_demo/surfaces/surf_x/api/echo", "/v1/products/prod_x/surfaces/surf_demo/api/echo", "/v2"]
    {
        let request = Call::post(format!("{}{url}", surface.base_url())).bearer(FULL_KEY).json(&json!({}));
        let (status, body) = request.send().await.read();
        assert_eq!(status, 404, "{url}");
        assert!(body["error"].is_string());
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_400() {
    let surface = MockSurface::start().await.unwrap();
    for body in ["", "[]", "\"text\"", "7", "null", "{\"a\":", "\u{feff}{}"] {
        let request = Call::post(surface.endpoint_url("echo")).bearer(FULL_KEY).body(body);
        assert_eq!(request.send().await.status(), 400, "{body:?}");
    }
}

#[tokio::test]
async fn another_method_is_405_and_says_which_is_allowed() {
    let surface = MockSurface::start().await.unwrap();
    let answer = Call::new(http::Method::GET, surface.endpoint_url("echo")).bearer(FULL_KEY).send().await;
    assert_eq!((answer.status(), answer.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn dispatch_names_the_capability_in_the_body() {
    let surface = MockSurface::start().await.unwrap();
    let body = json!({"capability": "echo", "input": {"a": 1}});
    assert_eq!(call(&surface, "dispatch", FULL_KEY, &body).await.read(), (200, json!({"a": 1})));
    assert_eq!(call(&surface, "dispatch", SCOPED_KEY, &body).await.status(), 403);
    for bad in [json!({}), json!({"capability": 7}), json!({"capability": "echo", "input": "text"})] {
        assert_eq!(call(&surface, "dispatch", FULL_KEY, &bad).await.status(), 400, "{bad}");
    }
    assert_eq!(surface.requests()[0].capability.as_deref(), Some("echo"));
}

#[tokio::test]
async fn a_failure_carries_an_execution_id() {
    let surface = MockSurface::start().await.unwrap();
    let (status, body) = call(&surface, "fails", FULL_KEY, &json!({})).await.read();
    assert_eq!(status, 500);
    assert!(body["executionId"].as_str().unwrap().starts_with("exec_"));
}

#[tokio::test]
async fn a_limit_of_two_calls_per_minute_is_enforced() {
    let surface = MockSurface::start().await.unwrap();
    let (_, clock) = surface.control(http::Method::POST, "clock", &json!({"now": "2030-01-01T00:00:00Z"}));
    assert!(clock["now"].as_str().unwrap().starts_with("2030-01-01T00:00:00"));
    let first = call(&surface, "echo", LIMITED_KEY, &json!({})).await;
    assert_eq!(first.header("x-ratelimit-limit"), "2");
    assert_eq!(first.header("x-ratelimit-remaining"), "1");
    assert_eq!(call(&surface, "echo", LIMITED_KEY, &json!({})).await.status(), 200);
    let third = call(&surface, "echo", LIMITED_KEY, &json!({})).await;
    assert_eq!(third.status(), 429);
    let wait: u64 = third.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(third.header("x-ratelimit-reset"), "1893456060");
    surface.advance_clock(std::time::Duration::from_secs(wait));
    assert_eq!(call(&surface, "echo", LIMITED_KEY, &json!({})).await.status(), 200);
}

#[tokio::test]
async fn a_stream_has_the_vendors_events() {
    let surface = MockSurface::start().await.unwrap();
    let whole = call(&surface, "support-agent", FULL_KEY, &json!({"input": "Hi."})).await.read().1;
    for request in [
        post(&surface, "support-agent", FULL_KEY, &json!({"input": "Hi."})).query("stream=true"),
        post(&surface, "support-agent", FULL_KEY, &json!({"input": "Hi."})).header("accept", "text/event-stream"),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.header("content-type"), "text/event-stream");
        let text = answer.text();
        let events: Vec<Value> = text
            .split("\n\n")
            .filter(|block| !block.is_empty())
            .map(|block| {
                let (head, data) = block.split_once("\ndata: ").unwrap();
                let data: Value = serde_json::from_str(data).unwrap();
                assert_eq!(head, format!("event: {}\nid: {}", data["type"].as_str().unwrap(), data["seq"]));
                data
            })
            .collect();
        assert_eq!(events[0]["type"], "execution_start");
        let last = events.last().unwrap();
        assert_eq!(last["type"], "execution_complete");
        let output: Value = serde_json::from_str(last["finalOutput"].as_str().unwrap()).unwrap();
        assert_eq!(output, whole);
        let said: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
        assert_eq!(whole["response"], said);
        let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_wrapped_response_has_its_output_and_its_execution() {
    let config = Config {
        surfaces: vec![SurfaceConfig {
            response_format: Format::Wrapped,
            capabilities: vec![
                Capability::new("double")
                    .answering(Answer::closure(|input| json!(input["n"].as_i64().unwrap_or(0) * 2))),
            ],
            keys: vec![KeyConfig::default()],
            ..SurfaceConfig::default()
        }],
        ..Config::default()
    };
    let surface = MockSurface::start_with(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (status, body) = call(&surface, "double", &surface.api_key(), &json!({"n": 21})).await.read();
    assert_eq!((status, &body["output"]), (200, &json!(42)));
    assert!(body["executionId"].as_str().unwrap().starts_with("exec_"));
    assert!(body["metadata"].is_object());
}

#[tokio::test]
async fn three_errors_and_then_a_success_can_be_scripted() {
    let surface = MockSurface::start().await.unwrap();
    let body = json!({"error": "busy"});
    surface.fault(Fault::status(503).header("Retry-After", "0").json(body.clone()).times(3)).unwrap();
    for _ in 0..3 {
        let answer = call(&surface, "echo", FULL_KEY, &json!({})).await;
        assert_eq!(answer.header("retry-after"), "0");
        assert_eq!(answer.read(), (503, body.clone()));
    }
    assert_eq!(call(&surface, "echo", FULL_KEY, &json!({})).await.status(), 200);
    let reached: Vec<_> = surface.requests().iter().map(|entry| entry.reached).collect();
    assert_eq!(reached, [false, false, false, true]);
}

#[tokio::test]
async fn an_inconsistent_fault_is_rejected() {
    let surface = MockSurface::start().await.unwrap();
    let wrong = Fault { status: Some(500), ..Fault::new(FaultKind::Reset) };
    let message = surface.fault(wrong).unwrap_err().to_string();
    assert!(message.contains("`status` does not apply to a fault of kind `reset`"), "{message}");
}

#[tokio::test]
async fn extra_wiremock_mocks_come_before_the_surface() {
    use wiremock::matchers::{header, path};
    let surface = MockSurface::start().await.unwrap();
    let echo = wiremock::Mock::given(path("/v1/products/prod_demo/surfaces/surf_demo/api/echo"))
        .and(header("x-teapot", "yes"))
        .respond_with(wiremock::ResponseTemplate::new(418))
        .expect(1);
    surface.mount(echo).await;
    let teapot = post(&surface, "echo", FULL_KEY, &json!({})).header("x-teapot", "yes").send().await;
    assert_eq!(teapot.status(), 418);
    assert_eq!(call(&surface, "echo", FULL_KEY, &json!({"a": 1})).await.read(), (200, json!({"a": 1})));
    let answered: Vec<_> = surface.requests().iter().map(|entry| (entry.answered_by, entry.status)).collect();
    assert_eq!(answered, [("wiremock", Some(418)), ("surface", Some(200))]);
}

#[tokio::test]
async fn the_journal_shows_keys_as_hints_only() {
    let surface = MockSurface::start().await.unwrap();
    let key = surface.mint(["echo"]).unwrap();
    post(&surface, "echo", &key, &json!({"leak": key})).query(&format!("leak={key}")).send().await;
    let (_, journal) = surface.control(http::Method::GET, "journal", &Value::Null);
    let (_, state) = surface.control(http::Method::GET, "state", &Value::Null);
    let entry = &journal["requests"][0];
    let hint = Secret::new(&key).hint();
    assert_eq!(entry["key_hint"], hint);
    assert_eq!(entry["headers"]["authorization"], format!("Bearer {hint}"));
    assert_eq!(entry["body"]["leak"], hint);
    for text in [journal.to_string(), state.to_string(), format!("{surface:?}"), format!("{:?}", surface.requests())] {
        assert!(!text.contains(&key), "the key is in {}", text.replace(&key, "KEY"));
    }
}

#[tokio::test]
async fn a_client_that_disconnects_is_recorded() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let surface = MockSurface::start().await.unwrap();
    surface.fault(Fault::new(FaultKind::Stall).after_bytes(1)).unwrap();
    let mut socket = tokio::net::TcpStream::connect(surface.address()).await.unwrap();
    let request = format!(
        "POST /v1/products/prod_demo/surfaces/surf_demo/api/echo HTTP/1.1\r\nHost: x\r\nX-API-Key: {FULL_KEY}\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 16];
    socket.read_exact(&mut head).await.unwrap();
    assert!(head.starts_with(b"HTTP/1.1 200"));
    drop(socket);
    let mut entry = surface.requests().remove(0);
    while entry.ended.is_none() {
        tokio::task::yield_now().await;
        entry = surface.requests().remove(0);
    }
    assert_eq!(entry.outcome, Outcome::ClientClosed);
}
