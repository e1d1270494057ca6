//! Lines of the log on standard error. Each test runs this file again as a child process, and reads what that writes.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    env,
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Failed, Trial};
use runtype_mock::{Fault, MockSurface};
use runtype_surface::{
    Client, ClientBuilder, ErrorKind, LogLevel,
    bindings::{FakeClock, clock},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Names the scenario that a child runs.
const SCENARIO: &str = "LOG_TEST_SCENARIO";
const BODY: &str = "words of the body";

fn main() -> ExitCode {
    if let Ok(scenario) = env::var(SCENARIO) {
        Runtime::new().unwrap().block_on(run(&scenario));
        return ExitCode::SUCCESS;
    }
    let tests: [(&str, fn()); 8] = [
        ("nothing_is_logged_by_default", nothing_is_logged_by_default),
        ("a_call_is_one_line_with_its_fields", a_call_is_one_line_with_its_fields),
        ("a_retry_and_each_attempt_have_lines_of_their_own", a_retry_and_each_attempt_have_lines_of_their_own),
        ("a_failed_call_is_an_error_without_the_servers_words", a_failed_call_is_an_error_without_the_servers_words),
        ("a_long_wait_and_a_nearly_used_up_quota_are_warnings", a_long_wait_and_a_nearly_used_up_quota_are_warnings),
        ("a_stream_is_one_line_when_it_ends", a_stream_is_one_line_when_it_ends),
        ("the_servers_ids_cannot_forge_a_line", the_servers_ids_cannot_forge_a_line),
        ("a_wrong_level_is_named", a_wrong_level_is_named),
    ];
    let trials = tests.into_iter().map(|(name, test)| {
        Trial::test(name, move || std::panic::catch_unwind(test).map_err(|_| Failed::from("it panicked")))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Standard error of a child that ran a scenario with this level in its environment.
fn lines(scenario: &str, level: Option<&str>) -> Vec<String> {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let mock = MockSurface::start().await.unwrap();
        for fault in faults(scenario) {
            mock.fault(fault).unwrap();
        }
        let mut child = Command::new(env::current_exe().unwrap());
        child.env_remove("RUNTYPE_LOG").env(SCENARIO, scenario).envs(mock.variables());
        child.envs(level.map(|level| ("RUNTYPE_LOG", level)));
        let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{text}");
        assert!(!text.contains(BODY) && !text.contains(&mock.api_key()), "{text}");
        text.lines().map(str::to_owned).collect()
    })
}

fn faults(scenario: &str) -> Vec<Fault> {
    let busy =
        |seconds: &str| Fault::status(429).json(json!({ "error": BODY })).header("Retry-After", seconds).times(1);
    match scenario {
        "retry" => vec![busy("1")],
        "long wait" => vec![busy("50"), Fault::status(200).json(json!({})).header("X-Quota-Warning", "80 % used")],
        "failure" => vec![Fault::status(500).json(json!({ "error": BODY }))],
        "forgery" => {
            let body = json!({ "output": 1, "executionId": "exec_1\u{1b}[2J\r\n2026 ERROR\u{202e}" });
            vec![Fault::status(200).json(body).header("X-Request-Id", "req_1 forged=\"1\"")]
        }
        _ => Vec::new(),
    }
}

/// What a child does.
async fn run(scenario: &str) {
    let build = |builder: ClientBuilder| clock(builder, FakeClock::new()).build();
    let builder = Client::builder();
    if scenario == "argument" {
        return build(builder.log_level(LogLevel::Off)).map(|client| call(&client, "echo")).unwrap().await;
    }
    let client = match build(builder) {
        Ok(client) => client,
        Err(error) => {
            assert_eq!((error.kind(), error.option()), (ErrorKind::Configuration, Some("RUNTYPE_LOG")));
            eprintln!("{error}");
            return;
        }
    };
    match scenario {
        "stream" => {
            let mut stream =
                client.capability("support-agent").input(&json!({ "input": BODY })).stream().await.unwrap();
            while let Some(event) = stream.next().await {
                event.unwrap();
            }
        }
        "failure" => assert!(client.call::<Value>("echo", &json!({ "input": BODY })).await.is_err()),
        "long wait" => {
            call(&client, "echo").await;
            call(&client, "echo").await;
        }
        _ => call(&client, "echo").await,
    }
}

fn call(client: &Client, capability: &str) -> impl Future<Output = ()> + use<> {
    let call = client.capability(capability).input(&json!({ "input": BODY }));
    async move { drop(call.send::<Value>().await.unwrap()) }
}

/// The one line, after its time, which is checked.
fn only(lines: &[String]) -> &str {
    let [line] = lines else { panic!("not one line: {lines:?}") };
    rest(line)
}

fn rest(line: &str) -> &str {
    let (time, rest) = line.split_once(' ').unwrap();
    assert!(time.starts_with("20") && time.ends_with('Z') && time.len() == "2026-11-24T18:09:24.123Z".len(), "{line}");
    rest
}

/// The value of a field.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    line.split(' ')
        .find_map(|field| field.strip_prefix(&format!("{name}=")))
        .unwrap_or_else(|| panic!("no {name}: {line}"))
}

fn nothing_is_logged_by_default() {
    for (scenario, level) in
        [("retry", None), ("long wait", Some("off")), ("argument", Some("debug")), ("call", Some("warn"))]
    {
        assert_eq!(lines(scenario, level), Vec::<String>::new(), "{scenario} {level:?}");
    }
}

fn a_call_is_one_line_with_its_fields() {
    for level in ["info", "INFO"] {
        let lines = lines("call", Some(level));
        let line = only(&lines);
        assert!(line.starts_with("INFO runtype_surface: call capability=echo status=200 duration_ms="), "{line}");
        assert!(field(line, "duration_ms").parse::<f64>().unwrap() > 0.0, "{line}");
        assert_eq!(field(line, "attempts"), "1");
        assert!(
            field(line, "request_id").starts_with("req_") && field(line, "key_hint").starts_with("papi_…"),
            "{line}"
        );
    }
}

fn a_retry_and_each_attempt_have_lines_of_their_own() {
    let info = lines("retry", Some("info"));
    let [retry, call] = &info[..] else { panic!("not two lines: {info:?}") };
    assert_eq!(rest(retry), "INFO runtype_surface: retry capability=echo attempt=1 status=429 wait_ms=1000.0");
    assert_eq!(field(call, "attempts"), "2");
    let debug = lines("retry", Some("debug"));
    let kinds: Vec<_> = debug.iter().map(|line| rest(line).split(' ').nth(2).unwrap()).collect();
    assert_eq!(kinds, ["attempt", "retry", "attempt", "call"]);
    assert_eq!((field(&debug[2], "attempt"), field(&debug[2], "status")), ("2", "200"));
}

fn a_failed_call_is_an_error_without_the_servers_words() {
    let lines = lines("failure", Some("error"));
    let line = only(&lines);
    assert!(line.starts_with("ERROR runtype_surface: call capability=echo error=ServerError status=500 "), "{line}");
}

fn a_long_wait_and_a_nearly_used_up_quota_are_warnings() {
    let lines = lines("long wait", Some("warn"));
    let [wait, quota] = &lines[..] else { panic!("not two lines: {lines:?}") };
    assert_eq!(
        rest(wait),
        "WARN runtype_surface: retry capability=echo attempt=1 status=429 wait_ms=50000.0 \
         message=\"echo: waiting 50 s before retry 1, as the server asks\""
    );
    let message = "the plan's quota is nearly used up; the server says \\\"80 % used\\\"";
    assert_eq!(rest(quota), format!("WARN runtype_surface: quota message=\"{message}\""));
}

fn a_stream_is_one_line_when_it_ends() {
    let lines = lines("stream", Some("info"));
    let line = only(&lines);
    let begin = "INFO runtype_surface: stream capability=support-agent status=200 outcome=completed events=";
    assert!(line.starts_with(begin), "{line}");
    assert!(field(line, "execution_id").starts_with("exec_"), "{line}");
}

fn the_servers_ids_cannot_forge_a_line() {
    let lines = lines("forgery", Some("info"));
    let line = only(&lines);
    let expected =
        "request_id=\"req_1 forged=\\\"1\\\"\" execution_id=\"exec_1\\u{1b}[2J\\r\\n2026 ERROR\\u{202e}\" key_hint=";
    assert!(line.contains(expected), "{line}");
}

fn a_wrong_level_is_named() {
    let lines = lines("call", Some("loud"));
    let expected = "RUNTYPE_LOG: the variable is \"loud\": set it to off, error, warn, info or debug";
    assert_eq!(lines, [expected]);
}
