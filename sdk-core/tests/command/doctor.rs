//! `doctor` on broken set-ups: its line names the mend each time, and no output shows the key.

use std::process::Command;

use runtype_mock::MockSurface;
use serde_json::Value;

use crate::{
    program::{Ran, command, command_on, run},
    servers,
};

const KEY: &str = "papi_doctor_secret_0123456789";

/// A set-up: what to change of one that works, the exit code, the line of the problem, and words of its mend.
struct Broken<'a> {
    name: &'a str,
    change: &'a dyn Fn(&mut Command),
    code: i32,
    line: &'a str,
    mend: &'a [&'a str],
}

fn doctor(mock: &MockSurface) -> Command {
    let mut command = command_on(mock, &["doctor", "--text"]);
    command.env("RUNTYPE_PRODUCT_API_KEY", KEY);
    command
}

async fn surface() -> MockSurface {
    use runtype_mock::{Capability, KeyConfig};

    MockSurface::builder().capability(Capability::new("echo")).key(KeyConfig::new(KEY)).start().await.unwrap()
}

fn check(ran: &Ran, broken: &Broken<'_>) {
    let Broken { name, code, line, mend, .. } = broken;
    assert_eq!(ran.status, Some(*code), "{name}: {ran:?}");
    let problems: Vec<&str> = ran.output.lines().filter(|line| line.starts_with("problem")).collect();
    let [problem] = problems.as_slice() else { panic!("{name}: {}", ran.output) };
    assert!(problem.starts_with(&format!("problem  {line}")), "{name}: {problem}");
    for words in *mend {
        assert!(problem.contains(words), "{name}: {words:?} is not in {problem}");
    }
    for secret in ["secret", KEY] {
        assert!(!ran.output.contains(secret) && !ran.errors.contains(secret), "{name}: {ran:?}");
    }
    let names: Vec<&str> = ran.output.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let all = ["key", "address", "options", "name", "connection", "TLS", "answer", "capability"];
    assert_eq!(names, all, "{name}");
}

#[tokio::test]
async fn a_broken_set_up_is_told_its_mend() {
    let mock = surface().await;
    let paused = surface().await;
    paused.pause();
    let revoked = surface().await;
    revoked.revoke(KEY).unwrap();
    let untrusted = servers::tls().await;
    let plain = mock.base_url().replace("http://", "https://");
    let tls_without = untrusted.replace("https://", "http://").replace("localhost", "127.0.0.1");
    let (missing, other) = (tempfile::tempdir().unwrap(), surface().await);
    let missing = missing.path().join("none.pem");
    let set = |command: &mut Command, name: &str, value: &str| {
        command.env(name, value);
    };
    let base_url = "RUNTYPE_BASE_URL";
    let key = "RUNTYPE_PRODUCT_API_KEY";
    let all = [
        Broken {
            name: "no key",
            change: &|command| {
                command.env_remove(key);
            },
            code: 2,
            line: "key",
            mend: &["Set RUNTYPE_PRODUCT_API_KEY to a product key", "RUNTYPE_PRODUCT_API_KEY_FILE", "--api-key-file"],
        },
        Broken {
            name: "a key in the variable of another program",
            change: &|command| {
                command.env_remove(key).env("RUNTYPE_API_KEY", KEY);
            },
            code: 2,
            line: "key",
            mend: &["RUNTYPE_API_KEY is set, which nothing reads: rename it to RUNTYPE_PRODUCT_API_KEY"],
        },
        Broken {
            name: "a platform key",
            change: &|command| set(command, key, "rt_live_secret0123"),
            code: 2,
            line: "key",
            mend: &["this is a platform key", "needs a product key, which begins with papi_"],
        },
        Broken {
            name: "a key of another vendor",
            change: &|command| set(command, key, "sk-secret0123"),
            code: 2,
            line: "key",
            mend: &["this is not a product key", "begins with papi_", key],
        },
        Broken {
            name: "a key with a blank",
            change: &|command| set(command, key, "papi_doctor secret"),
            code: 2,
            line: "key",
            mend: &["whitespace", "copy only the key, and all of it"],
        },
        Broken {
            name: "no ids",
            change: &|command| {
                command.env_remove("RUNTYPE_PRODUCT_ID").env_remove("RUNTYPE_SURFACE_ID");
            },
            code: 2,
            line: "address",
            mend: &["Set RUNTYPE_PRODUCT_ID and RUNTYPE_SURFACE_ID", "RUNTYPE_ENDPOINT_URL"],
        },
        Broken {
            name: "swapped ids",
            change: &|command| {
                command.env("RUNTYPE_PRODUCT_ID", "surf_1").env("RUNTYPE_SURFACE_ID", "prod_1");
            },
            code: 2,
            line: "address",
            mend: &["are the two swapped?", "RUNTYPE_PRODUCT_ID, RUNTYPE_SURFACE_ID"],
        },
        Broken {
            name: "a malformed URL",
            change: &|command| set(command, base_url, "api.runtype.example"),
            code: 2,
            line: "address",
            mend: &["it must begin with https://", base_url],
        },
        Broken {
            name: "http to another machine",
            change: &|command| set(command, base_url, "http://api.runtype.example"),
            code: 2,
            line: "address",
            mend: &["use https", base_url],
        },
        Broken {
            name: "a wrong variable",
            change: &|command| set(command, "RUNTYPE_MAX_RETRIES", "many"),
            code: 2,
            line: "options",
            mend: &["RUNTYPE_MAX_RETRIES", "set it to a whole number from 0"],
        },
        Broken {
            name: "a file of certificates that does not exist",
            change: &|command| {
                command.args(["--root-certificate", missing.to_str().unwrap()]);
            },
            code: 2,
            line: "options",
            mend: &["--root-certificate", "none.pem", "pass PEM text or the path of a PEM file"],
        },
        Broken {
            name: "an unresolvable host",
            change: &|command| set(command, base_url, "https://no-such-host.invalid"),
            code: 5,
            line: "name",
            mend: &["no-such-host.invalid: the host name could not be resolved", "Check --base-url and its variable"],
        },
        Broken {
            name: "a port that refuses",
            change: &|command| set(command, base_url, "https://127.0.0.1:1"),
            code: 5,
            line: "connection",
            mend: &["127.0.0.1:1: connection refused", "Check the host and port of --base-url"],
        },
        Broken {
            name: "a proxy that is down",
            change: &|command| {
                set(command, base_url, "https://api.runtype.example");
                set(command, "HTTPS_PROXY", "http://someone:secret@127.0.0.1:1");
            },
            code: 5,
            line: "connection",
            mend: &["the proxy 127.0.0.1:1: connection refused", "Check HTTPS_PROXY or --proxy"],
        },
        Broken {
            name: "https to a port of plain http",
            change: &|command| set(command, base_url, &plain),
            code: 5,
            line: "TLS",
            mend: &["does not speak TLS on this port", "Begin --base-url with http://"],
        },
        Broken {
            name: "plain http to a port of TLS",
            change: &|command| set(command, base_url, &tls_without),
            code: 5,
            line: "answer",
            mend: &["does not speak HTTP on this port", "Begin --base-url with https://"],
        },
        Broken {
            name: "an untrusted certificate",
            change: &|command| set(command, base_url, &untrusted),
            code: 5,
            line: "TLS",
            mend: &["--root-certificate"],
        },
        Broken {
            name: "a revoked key",
            change: &|command| {
                command.envs(revoked.variables()).env(key, KEY);
            },
            code: 3,
            line: "answer",
            mend: &["401", "Create a key for this surface in the dashboard"],
        },
        Broken {
            name: "the key of another surface",
            change: &|command| set(command, key, "papi_another_secret_0123"),
            code: 3,
            line: "answer",
            mend: &["belongs to another surface", "Create a key for this surface"],
        },
        Broken {
            name: "an id that does not exist",
            change: &|command| set(command, "RUNTYPE_SURFACE_ID", &other.surface_id().replace("surf_", "surf_x")),
            code: 6,
            line: "answer",
            mend: &["404", "Check RUNTYPE_SURFACE_ID against the dashboard"],
        },
        Broken {
            name: "a paused surface",
            change: &|command| {
                command.envs(paused.variables()).env(key, KEY);
            },
            code: 6,
            line: "answer",
            mend: &["503 Surface is paused", "ask the product's owner to activate it"],
        },
        Broken {
            name: "an unknown capability",
            change: &|command| {
                command.args(["--capability", "ecko"]);
            },
            code: 6,
            line: "capability",
            mend: &["no capability \"ecko\"", "Did you mean \"echo\"?"],
        },
    ];
    for broken in &all {
        let mut command = doctor(&mock);
        (broken.change)(&mut command);
        check(&run(command, ""), broken);
    }
}

#[tokio::test]
async fn a_set_up_that_works_has_no_problem_and_runs_no_capability() {
    let mock = surface().await;
    let ran = run(doctor(&mock), "");
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.output.contains("the surface accepts the key, and refuses a wrong one with a 401"), "{}", ran.output);
    assert!(ran.output.contains("papi_…6789 from RUNTYPE_PRODUCT_API_KEY"), "{}", ran.output);
    assert!(ran.output.lines().all(|line| !line.starts_with("problem")), "{}", ran.output);
    let requests = mock.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.method == "GET"), "{requests:?}");
}

#[tokio::test]
async fn a_trusted_certificate_is_told_with_its_issuer_and_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let (url, authority) = servers::tls_with_authority().await;
    let path = folder.path().join("authority.pem");
    std::fs::write(&path, authority).unwrap();
    let mock = surface().await;
    let mut command = doctor(&mock);
    command.env("RUNTYPE_BASE_URL", url).args(["--root-certificate", path.to_str().unwrap()]);
    let ran = run(command, "");
    assert!(
        ran.output.contains(
            "ok       TLS          TLS 1.3, HTTP/1.1, a trusted certificate, issued by \"rcgen self signed cert\""
        ),
        "{}",
        ran.output
    );
    assert!(ran.output.contains("ok       name         localhost is this machine"), "{}", ran.output);
}

#[tokio::test]
async fn a_public_document_proves_no_key() {
    use wiremock::{Mock, ResponseTemplate, matchers::method};

    let mock = surface().await;
    let document = serde_json::json!({ "openapi": "3.0.3", "paths": {} });
    mock.mount(Mock::given(method("GET")).respond_with(ResponseTemplate::new(200).set_body_json(document))).await;
    let ran = run(doctor(&mock), "");
    assert!(ran.output.contains("skipped  answer"), "{}", ran.output);
    assert!(ran.output.contains("proves nothing"), "{}", ran.output);
}

#[tokio::test]
async fn a_report_in_a_pipe_is_one_line_of_json() {
    let mock = surface().await;
    let mut command = command(&["doctor"]);
    command.envs(mock.variables()).env("RUNTYPE_PRODUCT_API_KEY", "rt_live_secret0123");
    let ran = run(command, "");
    assert_eq!((ran.status, ran.output.lines().count()), (Some(2), 1), "{ran:?}");
    let report: Value = serde_json::from_str(&ran.output).unwrap();
    assert_eq!(report["ok"], false);
    assert_eq!((&report["checks"][0]["name"], &report["checks"][0]["status"]), (&"key".into(), &"problem".into()));
    assert!(!ran.output.contains("secret"), "{}", ran.output);
}
