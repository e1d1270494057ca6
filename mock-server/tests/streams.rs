//! Streams: those of other answers, and scripted ones, set from Rust, from a file and over the control interface.

mod support;

use std::time::Duration;

use http::Method;
use runtype_mock::{Answer, Capability, Config, MockSurface, Script, Step, StreamEnd, demo::FULL_KEY};
use serde_json::{Value, json};
use support::{call, post};

async fn body(surface: &MockSurface, slug: &str, input: &Value) -> String {
    post(surface, slug, &surface.api_key(), input).query("stream=true").send().await.text()
}

/// The JSON data of a stream's events.
fn events(body: &str) -> Vec<Value> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

#[tokio::test]
async fn an_execution_tells_its_kind_its_times_and_its_usage() {
    let surface = MockSurface::start().await.unwrap();
    let text = Capability { latency_ms: 30, ..Capability::new("text").answering(Answer::fixed("two words")) };
    surface.put_capability(text).unwrap();
    surface.answer("object", Answer::fixed(json!({ "eur": 42 }))).unwrap();
    surface.control(Method::POST, "clock?surface=surf_demo", &json!({"now": "2030-01-01T00:00:00Z"}));
    let agent = events(&body(&surface, "text", &json!({"a": 1})).await);
    let (start, complete) = (&agent[0], agent.last().unwrap());
    assert_eq!(start["kind"], "agent");
    assert!(start["startedAt"].as_str().unwrap().starts_with("2030-01-01T00:00:0"), "{start}");
    assert_eq!((&complete["success"], &complete["stopReason"]), (&json!(true), &json!("end_turn")));
    assert_eq!((&complete["finalOutput"], &complete["durationMs"]), (&json!("two words"), &json!(30)));
    assert!(complete["completedAt"].as_str() > start["startedAt"].as_str(), "{complete}");
    // `{"a":1}` has seven bytes, `"two words"` eleven.
    assert_eq!(complete["totalTokens"], json!({"input": 2, "output": 3}));
    assert_eq!((&complete["totalTokensUsed"], &complete["totalCost"]), (&json!(5), &json!(0.000_005)));
    let flow = events(&body(&surface, "object", &json!({})).await);
    assert_eq!((&flow[0]["kind"], flow.len()), (&json!("flow"), 2));
    assert_eq!((&flow[1]["kind"], &flow[1]["finalOutput"]), (&json!("flow"), &json!("{\"eur\":42}")));
}

#[tokio::test]
async fn a_final_output_keeps_the_digits_and_the_surrogates_of_the_input() {
    let surface = MockSurface::start().await.unwrap();
    let sent = r#"{"n":1.2349999999999999999,"s":"\ud83d"}"#;
    let request = post(&surface, "echo", FULL_KEY, &json!({})).body(sent.as_bytes().to_vec());
    let answer = request.query("stream=true").send().await.text();
    let complete = events(&answer).pop().unwrap();
    assert_eq!(complete["finalOutput"], sent);
}

/// Each step that a script can have beside plain events, and what goes out for it.
fn every_step() -> Vec<(Step, Value)> {
    vec![
        (
            Step::nested_text("call_9", "aside"),
            json!({"type": "text_delta", "id": "text_of_call_9", "parentToolCallId": "call_9", "delta": "aside"}),
        ),
        (Step::text("Hello"), json!({"type": "text_delta", "id": "text_1", "delta": "Hello"})),
        (Step::recoverable_error("busy"), json!({"type": "error", "error": "busy", "recoverable": true})),
        (Step::await_tool("ask", json!({"q": 1})), json!({"type": "await", "toolName": "ask", "parameters": {"q": 1}})),
        (Step::await_reason("detached"), json!({"type": "await", "awaitReason": "detached"})),
        (
            Step::approval_start("refund", json!({"eur": 5})),
            json!({"type": "approval_start", "approvalId": "approval_1", "toolName": "refund", "parameters": {"eur": 5}}),
        ),
        (
            Step::execution_error("BOOM", "boom"),
            json!({"type": "execution_error", "kind": "agent", "code": "BOOM", "error": {"code": "BOOM", "message": "boom"}}),
        ),
        (
            Step::execution_failed(),
            json!({"type": "execution_complete", "kind": "agent", "success": false, "stopReason": "error", "failedSteps": 1}),
        ),
        (
            Step::execution_complete(json!({"a": 1})),
            json!({"type": "execution_complete", "kind": "agent", "success": true, "stopReason": "end_turn", "finalOutput": "{\"a\":1}"}),
        ),
    ]
}

#[tokio::test]
async fn a_script_can_say_all_that_an_execution_can() {
    let surface = MockSurface::start().await.unwrap();
    let (steps, expected): (Vec<_>, Vec<_>) = every_step().into_iter().unzip();
    surface.answer("agent", Answer::stream(steps)).unwrap();
    let mut sent = events(&body(&surface, "agent", &json!({})).await);
    let id = sent[0]["executionId"].clone();
    for (number, event) in (1..).zip(&mut sent) {
        let fields = event.as_object_mut().unwrap();
        assert_eq!((fields.remove("seq"), fields.remove("executionId")), (Some(json!(number)), Some(id.clone())));
    }
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn comments_raw_text_and_done_go_out_as_they_are() {
    let surface = MockSurface::start().await.unwrap();
    let steps = [Step::comment("keep-alive"), Step::raw("data: half"), Step::raw("\n\n"), Step::done()];
    surface.answer("agent", Answer::stream(steps)).unwrap();
    assert_eq!(body(&surface, "agent", &json!({})).await, ": keep-alive\n\ndata: half\n\ndata: [DONE]\n\n");
}

#[tokio::test]
async fn a_stream_may_end_without_a_closing_event() {
    let surface = MockSurface::start().await.unwrap();
    let answer = Answer::Stream(Script { end: StreamEnd::Complete, ..Script::new([Step::text("Hello ")]) });
    surface.answer("agent", answer).unwrap();
    let sent = events(&body(&surface, "agent", &json!({})).await);
    assert_eq!(sent.iter().map(|event| &event["type"]).collect::<Vec<_>>(), ["text_delta"]);
}

#[tokio::test]
async fn fields_that_are_there_stay_and_fill_false_adds_none() {
    let surface = MockSurface::start().await.unwrap();
    let given = json!({"kind": "flow", "startedAt": "x", "type": "other", "seq": 9, "executionId": "exec_mine"});
    let bare = Step { fill: Some(false), ..Step::event("execution_complete", json!({})) };
    surface.answer("agent", Answer::stream([Step::event("execution_start", given.clone()), bare])).unwrap();
    assert_eq!(events(&body(&surface, "agent", &json!({})).await), [given, json!({})]);
}

const FILE: &str = r#"
    [[surfaces]]
    [[surfaces.capabilities]]
    slug = "agent"
    [surfaces.capabilities.answer]
    kind = "stream"
    output = { response = "Hello" }
    steps = [
        { event = "execution_start", data = {} },
        { wait_ms = 1, comment = "keep-alive" },
        { event = "text_delta", data = { id = "text_2", parentToolCallId = "call_9", delta = "aside" } },
        { event = "text_delta", data = { delta = "Hello" } },
        { event = "error", data = { error = "busy", recoverable = true } },
        { event = "approval_start", data = { toolName = "refund" } },
        { event = "await", data = { toolName = "ask", parameters = { q = 1 }, awaitReason = "detached" } },
        { event = "execution_complete", data = { success = false } },
        { raw = "event: execution_error\ndata: {\"error\":\"boom\"}\n\n" },
        { data = "[DONE]" },
    ]
"#;

#[tokio::test]
async fn a_file_and_the_control_interface_set_the_same_script() {
    let from_file =
        MockSurface::start_with(Config::from_toml(FILE).unwrap(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let capability = &Config::from_toml(FILE).unwrap().surfaces[0].capabilities[0];
    let over_http = MockSurface::start().await.unwrap();
    let (status, answer) =
        over_http.control(Method::PUT, "capabilities/agent", &json!({"answer": json!(capability)["answer"]}));
    assert!(status == 200 || status == 201, "{answer}");
    let mut bodies = Vec::new();
    for surface in [&from_file, &over_http] {
        if surface.api_key().is_empty() {
            surface.mint(["*"]).unwrap();
        }
        let mut sent = body(surface, "agent", &json!({})).await;
        for event in events(&sent) {
            for name in ["executionId", "startedAt"] {
                if let Some(value) = event[name].as_str() {
                    sent = sent.replace(value, name);
                }
            }
        }
        bodies.push(sent);
        let whole = call(surface, "agent", &surface.api_key(), &json!({})).await.read();
        assert_eq!(whole, (200, json!({"response": "Hello"})));
    }
    assert_eq!(bodies[0], bodies[1]);
    assert!(bodies[0].contains("\n\n: keep-alive\n\n") && bodies[0].ends_with("data: [DONE]\n\n"), "{}", bodies[0]);
    assert_eq!(events(&bodies[0]).len(), 8);
}

#[test]
fn a_step_waits_before_it_goes_out() {
    assert_eq!(Step::text("late").after(Duration::from_millis(5)).wait_ms, 5);
}
