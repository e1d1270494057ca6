//! The command line.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

mod support;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};
use support::Call;

const VARIABLES: [&str; 5] = [
    "RUNTYPE_BASE_URL",
    "RUNTYPE_MOCK_CONTROL_URL",
    "RUNTYPE_PRODUCT_API_KEY",
    "RUNTYPE_PRODUCT_ID",
    "RUNTYPE_SURFACE_ID",
];

fn mock() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtype-mock"));
    // Removes the test run's own environment, so that only the mock's variables are seen.
    command.env_remove("RUNTYPE_MOCK_BIN").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A served mock that does not outlive its test.
struct Served {
    child: Child,
    variables: BTreeMap<String, String>,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut child = mock().arg("serve").args(arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut variables = BTreeMap::new();
        while variables.len() < VARIABLES.len() {
            let line = lines.next().expect("five lines").unwrap();
            let (name, value) = line.split_once('=').unwrap();
            variables.insert(name.to_owned(), value.to_owned());
        }
        Self { child, variables }
    }

    fn url(&self, slug: &str) -> String {
        let get = |name: &str| self.variables[name].as_str();
        let (base, product, surface) = (get("RUNTYPE_BASE_URL"), get("RUNTYPE_PRODUCT_ID"), get("RUNTYPE_SURFACE_ID"));
        format!("{base}/v1/products/{product}/surfaces/{surface}/api/{slug}")
    }

    fn key(&self) -> &str {
        &self.variables["RUNTYPE_PRODUCT_API_KEY"]
    }

    fn signal(&self, signal: Signal) {
        kill_process(pid(self.child.id()), signal).unwrap();
    }

    /// Stops it and returns its standard output and standard error.
    fn stop(mut self) -> (i32, String) {
        self.signal(Signal::TERM);
        let code = self.child.wait().unwrap().code().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (code, log)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
}

fn run(arguments: &[&str]) -> Output {
    mock().arg("run").arg("--").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn serve_prints_the_five_variables_and_runs_until_it_is_stopped() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut served = Served::start(&[]);
        assert_eq!(served.variables.keys().collect::<Vec<_>>(), VARIABLES);
        let answer = Call::post(served.url("echo")).bearer(served.key()).json(&json!({"a": 1})).send().await;
        assert_eq!(answer.read(), (200, json!({"a": 1})));
        served.signal(signal);
        assert_eq!(served.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn serve_prints_one_json_line_on_request() {
    let mut child = mock().args(["serve", "--format", "json"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let variables: BTreeMap<String, String> = serde_json::from_str(&line).unwrap();
    assert_eq!(variables.keys().collect::<Vec<_>>(), VARIABLES);
}

#[test]
fn serve_exits_with_its_standard_input_on_request() {
    let mut child = mock().args(["serve", "--exit-with-stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(child.try_wait().unwrap().is_none(), "it runs while its input is open");
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn serve_reports_a_port_that_is_in_use() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = mock().args(["serve", "--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(&format!("cannot listen on 127.0.0.1:{port}")), "{}", text(&output.stderr));
}

#[test]
fn run_passes_the_variables_and_returns_the_exit_code() {
    let output = run(&["sh", "-c", "env | grep -o '^RUNTYPE_[A-Z_]*' | sort; exit 7"]);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(text(&output.stdout).lines().collect::<Vec<_>>(), VARIABLES);
}

#[test]
fn run_removes_variables_that_would_bypass_the_mock() {
    let mut command = mock();
    command.env("RUNTYPE_ENDPOINT_URL", "https://api.runtype.com/v1/products/p/surfaces/s");
    command.env("RUNTYPE_PRODUCT_API_KEY_FILE", "/run/secrets/runtype");
    let output = command.args(["run", "--", "sh", "-c", "env | grep -o '^RUNTYPE_[A-Z_]*' | sort"]).output().unwrap();
    assert_eq!(text(&output.stdout).lines().collect::<Vec<_>>(), VARIABLES);
}

#[test]
fn run_exits_like_a_shell_if_a_signal_ends_the_command() {
    assert_eq!(run(&["sh", "-c", "kill -KILL $$"]).status.code(), Some(137));
    assert_eq!(run(&["sh", "-c", "kill -TERM $$"]).status.code(), Some(143));
    assert_eq!(run(&["no-such-command-anywhere"]).status.code(), Some(127));
    assert_eq!(run(&["/"]).status.code(), Some(126));
}

#[test]
fn signals_are_forwarded_and_no_process_is_left_behind() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut parent = mock().args(["run", "--", "sh", "-c", "echo $$; exec sleep 60"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let child = pid(line.trim().parse().unwrap());
        kill_process(pid(parent.id()), signal).unwrap();
        assert_eq!(parent.wait().unwrap().code(), Some(code));
        assert!(test_kill_process(child).is_err(), "the command is still there");
    }
}

#[test]
fn a_command_may_handle_the_signal_itself() {
    let script = "trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done";
    let mut parent = mock().args(["run", "--", "sh", "-c", script]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    kill_process(pid(parent.id()), Signal::TERM).unwrap();
    assert_eq!(parent.wait().unwrap().code(), Some(42));
}

#[tokio::test]
async fn requests_are_logged_without_the_key() {
    let served = Served::start(&[]);
    let url = served.url("echo");
    Call::post(&url).bearer("papi_secret_0123456789abcdef").json(&json!({})).send().await;
    Call::post(&url).bearer(served.key()).json(&json!({})).query("k=papi_secret_0123456789abcdef").send().await;
    let (code, log) = served.stop();
    assert_eq!(code, 0);
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(
        lines[0].starts_with("POST   /v1/products/prod_demo/surfaces/surf_demo/api/echo papi_…cdef echo 401 "),
        "{log}"
    );
    assert!(lines[1].contains(" papi_…full echo 200 ") && lines[1].ends_with(" ms"), "{log}");
    assert!(!log.contains("secret") && !log.contains('\u{1b}'), "{log}");
}

#[tokio::test]
async fn requests_can_be_logged_as_json() {
    let served = Served::start(&["--log", "json"]);
    Call::post(served.url("echo")).bearer(served.key()).json(&json!({"a": 1})).send().await;
    let (_, log) = served.stop();
    let entry: Value = serde_json::from_str(log.trim()).unwrap();
    assert_eq!(
        (&entry["status"], &entry["key_hint"], &entry["body"]),
        (&json!(200), &json!("papi_…full"), &json!({"a": 1}))
    );
}

#[tokio::test]
async fn a_configuration_is_written_served_and_reloaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mock.toml");
    let file = path.to_str().unwrap();
    assert!(mock().args(["init", file]).output().unwrap().status.success());
    let again = mock().args(["init", file]).output().unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("already exists"));

    let mut served = Served::start(&["--config", file]);
    let mut log = BufReader::new(served.child.stderr.take().unwrap()).lines();
    let greet = || Call::post(served.url("greet")).bearer(served.key()).json(&json!({"name": "Ada"})).send();
    assert_eq!(greet().await.read(), (200, json!({"text": "Hello Ada!", "letters": 3})));

    let mut reload = |text: &str| {
        std::fs::write(&path, text).unwrap();
        served.signal(Signal::HUP);
        loop {
            let line = log.next().unwrap().unwrap();
            if line.contains("configuration") {
                return line;
            }
        }
    };
    let original = std::fs::read_to_string(&path).unwrap();
    assert!(reload(&original.replace("Hello", "Goodbye")).contains("configuration reloaded"));
    assert_eq!(greet().await.json()["text"], "Goodbye Ada!");
    assert!(reload("seed = \"text\"").contains("not reloaded"));
    assert_eq!(greet().await.json()["text"], "Goodbye Ada!");
}

#[test]
fn a_mistake_in_the_configuration_is_shown_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mock.toml");
    for (config, line, words) in [
        ("seed = 1\n[[surfaces]]\nnmae = \"x\"\n", 3, "unknown field `nmae`"),
        ("seed = 1\n[[surfaces]]\nstatus = \"asleep\"\n", 3, "unknown variant `asleep`"),
        ("\n\n[[surfaces]\n", 3, "unclosed"),
        ("[[surfaces]]\n[[surfaces.capabilities]]\nslug = \"Big\"\n", 2, "lower-case"),
        ("[[surfaces]]\n[[surfaces.faults]]\nkind = \"reset\"\nstatus = 500\n", 2, "`status` does not apply"),
        ("[[surfaces]]\n[[surfaces.keys]]\nkey = \"rt_live_0123456789\"\n", 3, "papi_"),
        (
            "[[surfaces]]\n[[surfaces.capabilities]]\nslug = \"a\"\nanswer = { kind = \"template\", output = \"{{ input. }}\" }\n",
            2,
            "{{ input. }}",
        ),
    ] {
        std::fs::write(&path, config).unwrap();
        let output = mock().args(["serve", "--config", path.to_str().unwrap()]).output().unwrap();
        let problem = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{problem}");
        assert!(problem.contains(&format!("line {line}")) && problem.contains(words), "{config}\n{problem}");
        assert!(!problem.contains("0123456789"), "{problem}");
    }
}
