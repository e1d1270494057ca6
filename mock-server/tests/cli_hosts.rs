//! Where the command listens, and who may connect.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

mod support;

use std::{
    io::Write as _,
    net::TcpStream,
    process::{Command, Stdio},
};

use http::Method;
use serde_json::json;
use support::{
    Call,
    served::{CONTROL_TOKEN, Served, mock, text},
};

#[test]
fn half_open_connections_do_not_make_it_unreachable() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 256; exec \"$0\" serve --log none", env!("CARGO_BIN_EXE_runtype-mock")]);
    let served = Served::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    let address = served.variables["RUNTYPE_BASE_URL"].strip_prefix("http://").unwrap();
    let half_open: Vec<_> = (0..400)
        .map(|_| {
            let mut socket = TcpStream::connect(address).unwrap();
            socket.write_all(b"POST /v1/products HTTP/1.1\r\nHost: ").unwrap();
            socket
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..3 {
        let call = Call::post(served.url("echo")).bearer(served.key()).json(&json!({}));
        assert_eq!(runtime.block_on(call.send()).status(), 200);
    }
    drop(half_open);
}

#[tokio::test]
async fn elsewhere_than_on_loopback_the_control_interface_needs_a_token() {
    let served = Served::start(&["--host", "0.0.0.0"]);
    let base = &served.variables["RUNTYPE_BASE_URL"];
    assert!(base.starts_with("http://127.0.0.1:"), "{base}: an address that clients can use");
    let state = || Call::new(Method::GET, format!("{}/state", served.variables["RUNTYPE_MOCK_CONTROL_URL"]));
    let token = &served.variables[CONTROL_TOKEN];
    let (status, refused) = state().send().await.read();
    assert!(status == 401 && refused["error"].as_str().unwrap().contains(CONTROL_TOKEN), "{refused}");
    assert_eq!(state().bearer("0000000000000000000000000000000000000000").send().await.status(), 401);
    assert_eq!(state().bearer(token).send().await.status(), 200);
    assert_eq!(Call::post(served.url("echo")).bearer(served.key()).json(&json!({})).send().await.status(), 200);
    let token = token.clone();
    let (_, log) = served.stop();
    assert!(log.contains("control requests need RUNTYPE_MOCK_CONTROL_TOKEN; name its address"), "{log}");
    assert!(!log.contains(&token), "{log}");
}

#[tokio::test]
async fn a_name_is_a_host_and_the_public_url_is_what_is_printed() {
    let served = Served::start(&["--host", "localhost", "--public-url", "http://mock:8080/"]);
    assert_eq!(served.variables["RUNTYPE_BASE_URL"], "http://mock:8080");
    assert_eq!(served.variables["RUNTYPE_MOCK_CONTROL_URL"], "http://mock:8080/__mock");
    for (arguments, words) in [
        (["--host", "no.such.host.invalid"], "--host no.such.host.invalid is not an address"),
        (["--public-url", "mock:8080"], "such as http://mock:8080"),
    ] {
        let output = mock().arg("serve").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
}

#[test]
fn a_token_of_ones_own_is_required_on_loopback_too() {
    let served = Served::spawn(mock().arg("serve").env(CONTROL_TOKEN, "of-my-own"));
    let url = format!("{}/state", served.variables["RUNTYPE_MOCK_CONTROL_URL"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(Call::new(Method::GET, &url).send()).status(), 401);
    assert_eq!(runtime.block_on(Call::new(Method::GET, &url).bearer("of-my-own").send()).status(), 200);
}
