//! Compares the core with bare reqwest in one run, against the server at a URL: single calls, and 10,000 events decoded to JSON
//! values. Run by `make bench`.

use std::{error::Error, time::Instant};

use runtype_surface::Client;
use serde_json::{Value, json};

const ROUNDS: usize = 15;
const CALLS: usize = 2_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let base = std::env::args().nth(1).ok_or("usage: benchmark URL")?;
    let client = Client::builder()
        .variables(|_| None)
        .api_key("papi_benchmark_0001")
        .product_id("p")
        .surface_id("s")
        .base_url(&base)
        .build()?;
    // The core configures its own TLS; a bare reqwest with these features uses the process's.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bare = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?;
    let url = client.endpoint_url("agent")?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut stream = client.capability("agent").stream().await?;
        let mut count = 0;
        while let Some(batch) = stream.next_batch().await {
            for event in batch? {
                std::hint::black_box(event.json::<Value>()?);
                count += 1;
            }
        }
        assert_eq!(count, 10_000);
        ours.push(began.elapsed().as_secs_f64());

        let began = Instant::now();
        let mut response = bare.post(format!("{url}?stream=true")).body("{}").send().await?;
        // The minimum for this particular stream: whole lines that begin with "data: ".
        let (mut rest, mut count) = (Vec::new(), 0);
        while let Some(chunk) = response.chunk().await? {
            rest.extend_from_slice(&chunk);
            let mut from = 0;
            while let Some(end) = rest.iter().skip(from).position(|byte| *byte == b'\n').map(|at| from + at) {
                if let Some(data) = rest.get(from..end).and_then(|line| line.strip_prefix(b"data: ")) {
                    std::hint::black_box(serde_json::from_slice::<Value>(data)?);
                    count += 1;
                }
                from = end + 1;
            }
            rest.drain(..from);
        }
        assert_eq!(count, 10_000);
        theirs.push(began.elapsed().as_secs_f64());
    }
    report("10,000 events", "bare reqwest", &mut ours, &mut theirs);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..CALLS {
            std::hint::black_box(client.call::<Value>("agent", &json!({ "input": "text" })).await?);
        }
        ours.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        for _ in 0..CALLS {
            let body = json!({ "input": "text" }).to_string();
            let response = bare.post(url.clone()).bearer_auth("papi_benchmark_0001").body(body).send().await?;
            std::hint::black_box(serde_json::from_slice::<Value>(&response.bytes().await?)?);
        }
        theirs.push(began.elapsed().as_secs_f64());
    }
    report("2,000 calls, one after another", "bare reqwest", &mut ours, &mut theirs);
    Ok(())
}

/// Medians, since the machine may be shared.
fn report(what: &str, peer: &str, ours: &mut [f64], theirs: &mut [f64]) {
    let median = |times: &mut [f64]| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or_default() * 1e3
    };
    let (ours, theirs) = (median(ours), median(theirs));
    println!("Rust: {what}: {ours:.1} ms; {peer}: {theirs:.1} ms; {:.2} times the peer's time", ours / theirs);
}
