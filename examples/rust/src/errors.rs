//! Prints the twelve commonest failures as a user sees them, and checks that no text has more than four lines.
//!
//! The surface comes from the environment: `make errors` runs this against `examples/errors.toml`.

use std::{process::ExitCode, time::Duration};

use runtype_surface::{Client, ClientBuilder, Error};
use serde_json::{Value, json};

const MOST_LINES: usize = 4;

fn with_key(key: &str) -> ClientBuilder {
    Client::builder().api_key(key).max_retries(0)
}

async fn call(client: Result<Client, Error>, capability: &str) -> Result<Value, Error> {
    client?.call(capability, &json!({ "input": "A long text." })).await
}

async fn call_twice(client: Result<Client, Error>, capability: &str) -> Result<Value, Error> {
    let client = client?;
    call(Ok(client.clone()), capability).await?;
    call(Ok(client), capability).await
}

async fn call_without_input(client: Result<Client, Error>, capability: &str) -> Result<Value, Error> {
    client?.call(capability, &json!({})).await
}

async fn stream(client: Result<Client, Error>, capability: &str) -> Result<Value, Error> {
    client?.capability(capability).stream().await?.text().await.map(Value::from)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let client = || Client::builder().max_retries(0);
    let unreachable = client().base_url("http://127.0.0.1:1");
    let impatient = client().timeout(Duration::from_millis(200));
    let failures = [
        ("a missing key", call(Client::from_env_prefix("MISSING_RUNTYPE"), "echo").await),
        ("a platform key", call(with_key("rt_live_0123456789").build(), "echo").await),
        ("a revoked key", call(with_key("papi_errors_revoked0").build(), "echo").await),
        ("a key without the scope", call(with_key("papi_errors_scoped00").build(), "echo").await),
        ("an unknown capability", call(client().build(), "no-such-capability").await),
        ("an invalid input", call_without_input(client().build(), "summarize-article").await),
        ("a rate limit", call_twice(with_key("papi_errors_limited0").build(), "echo").await),
        ("a failed capability", call(client().build(), "fails").await),
        ("a refused connection", call(unreachable.build(), "echo").await),
        ("a timeout", call(impatient.build(), "slow").await),
        ("a page instead of JSON", call(client().build(), "page").await),
        ("a failed stream", stream(client().build(), "support-agent").await),
    ];
    let mut wrong = 0;
    for (title, result) in failures {
        let text = match result {
            Ok(output) => {
                wrong += 1;
                format!("no error: {output}")
            }
            Err(error) => format!("{}: {error}", error.kind().class_name()),
        };
        if text.lines().count() > MOST_LINES {
            wrong += 1;
        }
        println!("# {title}\n{text}\n");
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
