//! Summarizes a text file, then shows the errors of a revoked key and of a key without the scope.
//!
//! The surface and the keys come from the environment. The other two clients read variables with their own prefixes,
//! `REVOKED_RUNTYPE_…` and `SCOPED_RUNTYPE_…`.

use std::{env, error::Error, fs};

use runtype_surface::Client;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Summary {
    summary: String,
    words: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("usage: summarize FILE")?;
    let article = json!({ "input": fs::read_to_string(path)? });

    let client = Client::from_env()?;
    let out: Summary = client.call("summarize-article", &article).await?;
    println!("{} words: {}", out.words, out.summary);

    // A revoked key: 401.
    let revoked = Client::from_env_prefix("REVOKED_RUNTYPE")?;
    let refused = revoked.call::<Value>("summarize-article", &article).await;
    show(refused);

    // A key without the scope: 403.
    let scoped = Client::from_env_prefix("SCOPED_RUNTYPE")?;
    let refused = scoped.call::<Value>("echo", &article).await;
    show(refused);
    Ok(())
}

fn show(result: Result<Value, runtype_surface::Error>) {
    match result {
        Ok(output) => println!("unexpected: {output}"),
        Err(error) => println!("{}: {error}", error.kind().class_name()),
    }
}
