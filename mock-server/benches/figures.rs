//! The mock's figures: start to first response, requests per second, and memory over a million requests.
//!
//! `cargo bench -p runtype-mock --bench figures [-- REQUESTS]` prints them. The mock is a process of its own and serves on
//! one thread, so its requests a second are those of one core; the load comes from this process. Memory is read from
//! `/proc`, so that part is for Linux.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs,
    reason = "a program for those who develop the mock"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const CONNECTIONS: u64 = 16;
/// Number of pipelined requests on one connection.
const PIPELINED: usize = 16;

struct Mock {
    child: Child,
    address: String,
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start() -> Mock {
    let mut child = Command::new(env!("CARGO_BIN_EXE_runtype-mock"))
        .args(["serve", "--log", "none"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit("//").next().unwrap().to_owned();
    Mock { child, address }
}

const BODY: &str = r#"{"input":"The sea rises. It rises fast."}"#;

fn request() -> Vec<u8> {
    format!(
        "POST /v1/products/prod_demo/surfaces/surf_demo/api/echo HTTP/1.1\r\nHost: mock\r\n\
         Authorization: Bearer papi_demo_full\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
    .into_bytes()
}

/// Sends pipelined requests on one connection, and reads the responses by their length, which is the same for all.
fn load(address: &str, requests: u64) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_nodelay(true).unwrap();
    let one = request();
    socket.write_all(&one).unwrap();
    let mut answer = vec![0; 4096];
    let mut length = 0;
    while !answer[..length].ends_with(BODY.as_bytes()) {
        length += socket.read(&mut answer[length..]).unwrap();
    }
    let many = one.repeat(PIPELINED);
    let mut answers = vec![0; length * PIPELINED];
    for _ in 0..requests / PIPELINED as u64 {
        socket.write_all(&many).unwrap();
        socket.read_exact(&mut answers).unwrap();
        assert!(answers.ends_with(BODY.as_bytes()), "an answer has another length than the first");
    }
}

fn hammer(address: &str, requests: u64) -> Duration {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| load(address, requests / CONNECTIONS));
        }
    });
    started.elapsed()
}

/// The mock's memory in MiB.
fn memory(mock: &Mock) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", mock.child.id())).unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0.0_f64) / 1024.0
}

/// The processor time that the mock has used, in seconds.
fn processor(mock: &Mock) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", mock.child.id())).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after_name.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    // Fields 14 and 15 of proc(5), user and system time, in hundredths of a second.
    fields.get(11..13).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}

fn main() {
    // `cargo test --all-targets` runs this too, without the argument that `cargo bench` gives.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let requests = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(1_000_000);

    let mut starts: Vec<_> = (0..21)
        .map(|_| {
            let started = Instant::now();
            let mock = start();
            load(&mock.address, 0);
            started.elapsed()
        })
        .collect();
    starts.sort();
    println!(
        "start to first answer: {:.1} ms (median of 21), {:.1} ms at most",
        millis(starts[10]),
        millis(starts[20])
    );

    let mock = start();
    // The journal fills first, so that the measurement shows unlimited growth only.
    hammer(&mock.address, 50_000);
    let (before, used) = (memory(&mock), processor(&mock));
    let took = hammer(&mock.address, requests);
    let (after, used) = (memory(&mock), processor(&mock) - used);
    println!(
        "{requests} requests: {:.0} a second, {:.0} a second of the mock's processor time",
        requests as f64 / took.as_secs_f64(),
        requests as f64 / used
    );
    println!("memory: {before:.1} MiB before, {after:.1} MiB after");
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
