//! What a shell does with the command: pipes that close, Ctrl-C, files, a key in the wrong place.

use std::{io::Read as _, process::Stdio};

use runtype_mock::{Answer, Capability, Fault, FaultKind, KeyConfig, MockSurface};
use serde_json::{Value, json};

use crate::program::{command, command_on, run};

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_error() {
    let mock = MockSurface::start().await.unwrap();
    let mut command = command_on(&mock, &["call", "support-agent", r#"{"input":"a b c d"}"#, "--stream"]);
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(141), ""));
}

#[tokio::test]
async fn an_input_may_be_a_file() {
    let mock = MockSurface::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input.json");
    std::fs::write(&path, "{\n  \"text\": \"aus einer Datei, größer\"\n}\n").unwrap();
    let argument = format!("@{}", path.display());
    let ran = run(command_on(&mock, &["call", "echo", &argument]), "");
    assert_eq!((ran.status, ran.output.as_str()), (Some(0), "{\"text\":\"aus einer Datei, größer\"}\n"));
}

#[tokio::test]
async fn a_key_may_be_in_a_file_and_in_no_argument() {
    let mock = MockSurface::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, mock.api_key() + "\n").unwrap();
    let with = |option: &[&str]| {
        let mut command = command_on(&mock, &[&["call", "echo"], option].concat());
        command.env_remove("RUNTYPE_PRODUCT_API_KEY");
        run(command, "")
    };
    assert_eq!(with(&["--api-key-file", path.to_str().unwrap()]).status, Some(0));
    let key = mock.api_key();
    let equals = format!("--api-key={key}");
    for option in [&["--api-key", &key][..], &[&equals], &["--header", &format!("X-Key: {key}")], &["--key", &key]] {
        let ran = with(option);
        assert_eq!(ran.status, Some(2), "{ran:?}");
        assert!(ran.errors.contains("a key is never an argument") && !ran.errors.contains(&key), "{}", ran.errors);
        assert!(ran.errors.contains("RUNTYPE_PRODUCT_API_KEY"), "{}", ran.errors);
    }
    assert_eq!(mock.requests().len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_a_call_at_once() {
    use std::os::unix::process::ExitStatusExt as _;

    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::new(FaultKind::Stall)).unwrap();
    let mut child = command_on(&mock, &["call", "echo"]).stdin(Stdio::null()).spawn().unwrap();
    while mock.requests().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let interrupted = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    // Shells show it as 130.
    assert_eq!(child.wait().unwrap().signal(), Some(2));
}

#[tokio::test]
async fn a_stream_in_a_pipe_is_one_event_per_line() {
    let mock = MockSurface::start().await.unwrap();
    let ran = run(command_on(&mock, &["call", "support-agent", r#"{"input":"a"}"#, "--stream"]), "");
    let lines = ran.output.lines();
    let events: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!((ran.status, ran.errors.as_str()), (Some(0), ""));
    assert_eq!(events[0]["name"], "execution_start");
    assert_eq!(events[0]["data"]["type"], "execution_start");
    assert_eq!(events.last().unwrap()["name"], "execution_complete");
}

#[tokio::test]
async fn a_stream_for_people_ends_its_line_before_an_error() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::new(FaultKind::Close).after_bytes(900)).unwrap();
    let ran = run(command_on(&mock, &["call", "support-agent", r#"{"input":"a"}"#, "--stream", "--text"]), "");
    assert_eq!(ran.status, Some(7), "{ran:?}");
    assert!(ran.output.len() > 1 && ran.output.ends_with('\n') && ran.output.lines().count() == 1, "{ran:?}");
}

#[tokio::test]
async fn a_stream_without_a_text_gives_people_its_output() {
    let mock = MockSurface::start().await.unwrap();
    let ran = run(command_on(&mock, &["call", "echo", r#"{"a":1}"#, "--stream", "--text"]), "");
    assert_eq!((ran.status, ran.output.as_str()), (Some(0), "{\"a\":1}\n"), "{ran:?}");
}

#[tokio::test]
async fn a_server_cannot_act_on_the_terminal() {
    let capability = Capability::new("evil").answering(Answer::fixed(json!("a\u{1b}[2J\nb\u{202e}\t.")));
    let mock = MockSurface::builder().capability(capability).key(KeyConfig::default()).start().await.unwrap();
    let ran = run(command_on(&mock, &["call", "evil", "--text"]), "");
    assert_eq!(ran.output, "a\\u{1b}[2J\nb\\u{202e}\t.\n");
}

#[test]
fn without_a_subcommand_there_is_help() {
    let ran = run(command(&[]), "");
    assert_eq!(ran.status, Some(0));
    assert_eq!(ran, run(command(&["--help"]), ""));
    for words in ["call SLUG", "Exit codes:", "130"] {
        assert!(ran.output.contains(words), "{}", ran.output);
    }
    assert!(ran.output.lines().all(|line| line.chars().count() <= 140), "{}", ran.output);
}
