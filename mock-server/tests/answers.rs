//! Computed answers, expectations, and extra wiremock mocks.

mod support;

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use runtype_mock::{
    Answer, Capability, Fault, FaultKind, Format, MockSurface, Outcome, Reply, Script, Step, SurfaceConfig,
    demo::{FULL_KEY, SCOPED_KEY},
};
use serde_json::json;
use support::{Call, call, post};

#[tokio::test]
async fn a_callback_computes_the_answer() {
    // Another mock is the callback's server: it returns its input.
    let other = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::path("/compute"))
        .respond_with(|request: &wiremock::Request| {
            wiremock::ResponseTemplate::new(201).set_body_bytes(request.body.clone())
        })
        .mount(&other)
        .await;
    let surface = MockSurface::start().await.unwrap();
    let url = format!("{}/compute", other.uri());
    surface.answer("computed", Answer::Callback { url, timeout_ms: 5000 }).unwrap();
    let (status, body) = call(&surface, "computed", FULL_KEY, &json!({"n": 1})).await.read();
    assert_eq!((status, &body["capability"], &body["input"]), (201, &json!("computed"), &json!({"n": 1})));
    assert_eq!((&body["call"], &body["stream"]), (&json!(1), &json!(false)));
    let entry = surface.requests().remove(0);
    assert_eq!((entry.status, entry.execution_id), (Some(201), body["execution_id"].as_str().map(str::to_owned)));
}

#[tokio::test]
async fn a_callback_that_fails_is_a_500_that_says_why() {
    let surface = MockSurface::start().await.unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (address, words) in [(silent.local_addr().unwrap(), "said nothing for 30 ms"), (gone, "failed")] {
        surface.answer("computed", Answer::Callback { url: format!("http://{address}/"), timeout_ms: 30 }).unwrap();
        let (status, body) = call(&surface, "computed", FULL_KEY, &json!({})).await.read();
        assert!(status == 500 && body["error"].as_str().unwrap().contains(words), "{status} {body}");
    }
    let refused = surface.answer("computed", Answer::Callback { url: "https://x/".to_owned(), timeout_ms: 1 });
    assert!(refused.unwrap_err().to_string().contains("http://"));
}

#[tokio::test]
async fn a_client_that_disconnects_during_a_callback_is_recorded() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let surface = MockSurface::start().await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    surface.answer("computed", Answer::Callback { url, timeout_ms: 60_000 }).unwrap();
    let call = tokio::spawn(post(&surface, "computed", FULL_KEY, &json!({})).try_send());
    while surface.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    call.abort();
    while surface.requests()[0].ended.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(surface.requests()[0].outcome, Outcome::ClientClosed);
}

#[tokio::test]
async fn a_closure_may_fail_and_may_call_the_mock() {
    let surface = std::sync::Arc::new(MockSurface::start().await.unwrap());
    let seen = std::sync::Arc::downgrade(&surface);
    let count = Answer::closure(move |input| match input["fail"].as_bool() {
        Some(true) => Reply::error(422, "as you wish"),
        _ => Reply::from(json!(seen.upgrade().map(|surface| surface.requests().len()))),
    });
    surface.answer("count", count).unwrap();
    assert_eq!(call(&surface, "count", FULL_KEY, &json!({})).await.read(), (200, json!(1)));
    let failed = call(&surface, "count", FULL_KEY, &json!({"fail": true})).await.read();
    assert_eq!(failed, (422, json!({"error": "as you wish"})));
}

#[tokio::test]
async fn every_kind_of_answer_can_be_streamed() {
    let surface = MockSurface::start().await.unwrap();
    surface.answer("text", Answer::fixed("two words")).unwrap();
    surface.answer("number", Answer::closure(|_| json!(7))).unwrap();
    let mut events = Vec::new();
    for slug in ["text", "number"] {
        let text = post(&surface, slug, FULL_KEY, &json!({})).query("stream=true").send().await.text();
        events.push(text.lines().filter_map(|line| line.strip_prefix("event: ")).collect::<Vec<_>>().join(" "));
        assert!(text.ends_with("\n\n"));
    }
    assert_eq!(events[0], "execution_start text_start text_delta text_delta text_complete execution_complete");
    assert_eq!(events[1], "execution_start execution_complete");
    let failed = post(&surface, "fails", FULL_KEY, &json!({})).query("stream=true").send().await;
    assert_eq!((failed.status(), failed.header("content-type")), (500, "application/json"));
}

#[tokio::test]
async fn a_script_that_ends_in_failure_is_a_500_without_a_stream() {
    let surface = MockSurface::start().await.unwrap();
    let part = Step::execution_complete("part");
    let not_recoverable = Step::event("error", json!({"error": "gone", "code": "GONE", "recoverable": false}));
    let partial = Step::event("execution_complete", json!({"success": false, "finalOutput": "part"}));
    let rows = [
        (vec![Step::text("part"), Step::execution_error("BOOM", "boom")], "boom", json!("BOOM")),
        (vec![Step::text("part"), not_recoverable], "gone", json!("GONE")),
        (vec![partial], "The execution failed", json!(null)),
    ];
    for (steps, message, code) in rows {
        surface.answer("agent", Answer::Stream(Script::new(steps))).unwrap();
        let (status, body) = call(&surface, "agent", FULL_KEY, &json!({})).await.read();
        assert_eq!((status, &body["error"], &body["code"]), (500, &json!(message), &code));
        let entry = surface.requests().pop().unwrap();
        assert_eq!((entry.status, entry.execution_id.as_deref()), (Some(500), body["executionId"].as_str()));
    }
    let recovered = vec![Step::recoverable_error("retrying"), part];
    surface.answer("agent", Answer::Stream(Script::new(recovered))).unwrap();
    assert_eq!(call(&surface, "agent", FULL_KEY, &json!({})).await.read(), (200, json!("part")));
    let script = Script { output: Some(json!("own")), ..Script::new([Step::execution_error("BOOM", "boom")]) };
    surface.answer("agent", Answer::Stream(script)).unwrap();
    assert_eq!(call(&surface, "agent", FULL_KEY, &json!({})).await.read(), (200, json!("own")));
}

#[tokio::test]
async fn a_built_surface_has_only_what_was_added() {
    let surface = MockSurface::builder()
        .ids("prod_built", "surf_built")
        .response_format(Format::Wrapped)
        .capability(Capability::new("one").answering(Answer::fixed(1)))
        .fault(Fault::new(FaultKind::BadJson).nth(2))
        .extra_surface(SurfaceConfig { surface_id: Some("surf_other".to_owned()), ..SurfaceConfig::default() })
        .start()
        .await
        .unwrap();
    assert_eq!((surface.product_id().as_str(), surface.surface_id().as_str()), ("prod_built", "surf_built"));
    let key = surface.api_key();
    assert_eq!(call(&surface, "one", &key, &json!({})).await.json()["output"], 1);
    assert!(serde_json::from_slice::<serde_json::Value>(&call(&surface, "one", &key, &json!({})).await.body).is_err());
    assert_eq!(call(&surface, "echo", &key, &json!({})).await.status(), 404);
}

#[tokio::test]
async fn expectations_that_hold_are_silent() {
    let surface = MockSurface::start().await.unwrap();
    surface.expect(2).call("echo");
    surface.expect(1).run("echo");
    surface.expect(1).with_status(403).call("echo");
    surface.expect(0).call("fails");
    call(&surface, "echo", FULL_KEY, &json!({})).await;
    call(&surface, "echo", SCOPED_KEY, &json!({})).await;
    surface.verify();
}

#[tokio::test]
async fn a_failed_expectation_shows_the_requests_and_no_key() {
    let surface = MockSurface::start().await.unwrap();
    surface.expect(1..).run("summarize-article");
    let key = surface.mint(["echo"]).unwrap();
    surface.expect(1).call(&key);
    call(&surface, "summarize-article", &key, &json!({})).await;
    let panic = std::panic::catch_unwind(AssertUnwindSafe(|| drop(surface))).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("`summarize-article` should be run at least 1 times, and was 0 times"), "{message}");
    assert!(message.contains("api/summarize-article papi_…") && message.contains(" 403 "), "{message}");
    assert!(message.contains("`papi_…") && !message.contains(&key), "{}", message.replace(&key, "KEY"));
}

#[tokio::test]
async fn a_scoped_wiremock_mock_goes_with_its_guard() {
    let surface = MockSurface::start().await.unwrap();
    let url = surface.endpoint_url("echo");
    let teapot = wiremock::Mock::given(wiremock::matchers::any()).respond_with(wiremock::ResponseTemplate::new(418));
    let guard = surface.mount_as_scoped(teapot.expect(1)).await;
    assert_eq!(Call::post(&url).send().await.status(), 418);
    let health = Call::new(http::Method::GET, surface.control_url()).send().await;
    assert_eq!(health.json()["name"], "runtype-mock", "control requests never pass through wiremock");
    drop(guard);
    assert_eq!(Call::post(&url).send().await.status(), 401);
    let missed = wiremock::Mock::given(wiremock::matchers::path("/never"));
    let guard = surface.mount_as_scoped(missed.respond_with(wiremock::ResponseTemplate::new(200)).expect(1)).await;
    let panic = std::panic::catch_unwind(AssertUnwindSafe(|| drop(guard)));
    assert!(panic.is_err(), "its expectation was not met");
}

#[tokio::test]
async fn a_wiremock_mock_may_break_the_connection() {
    let surface = MockSurface::start().await.unwrap();
    let broken = |_: &wiremock::Request| std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    surface.mount(wiremock::Mock::given(wiremock::matchers::any()).respond_with_err(broken)).await;
    assert!(Call::post(surface.endpoint_url("echo")).try_send().await.is_err());
    let entry = surface.requests().remove(0);
    assert_eq!((entry.answered_by, entry.status), ("wiremock", None));
}

#[tokio::test]
async fn dropping_a_mock_does_not_wait_for_stuck_responses() {
    let surface = MockSurface::start().await.unwrap();
    surface.fault(Fault::new(FaultKind::Stall)).unwrap();
    let stuck = tokio::spawn(post(&surface, "echo", FULL_KEY, &json!({})).try_send());
    while surface.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    drop(surface);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(stuck.await.unwrap().is_err());
}

#[tokio::test]
async fn a_graceful_stop_lets_responses_finish() {
    let surface = MockSurface::start().await.unwrap();
    surface.fault(Fault::latency(Duration::from_millis(30))).unwrap();
    let late = tokio::spawn(post(&surface, "echo", FULL_KEY, &json!({})).try_send());
    while surface.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    tokio::task::spawn_blocking(|| surface.stop(Duration::from_secs(10))).await.unwrap();
    assert_eq!(late.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413() {
    let surface = MockSurface::start().await.unwrap();
    let body = vec![b' '; (64 << 20) + 1];
    let answer = Call::post(surface.endpoint_url("echo")).bearer(FULL_KEY).body(body).try_send().await;
    // The mock closes while the client is still writing, so the client may see either.
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == 413));
    assert_eq!(call(&surface, "echo", FULL_KEY, &json!({})).await.status(), 200);
}
