//! `docs-blocks list PAGE…` prints the code blocks of pages as JSON; `docs-blocks run` runs the Rust block on standard input.

use std::{
    env,
    error::Error,
    fs,
    io::{Read as _, stdin},
    process::ExitCode,
};

use runtype_docs::block;

type Ran = Result<(), Box<dyn Error>>;

/// What a program or a test returns.
#[allow(dead_code, reason = "a guide may have none")]
trait Outcome {
    fn ran(self) -> Ran;
}

impl Outcome for () {
    fn ran(self) -> Ran {
        Ok(())
    }
}

impl<E: Into<Box<dyn Error>>> Outcome for Result<(), E> {
    fn ran(self) -> Ran {
        self.map_err(Into::into)
    }
}

/// Runs statements as a program with `#[tokio::main]` does.
fn within(statements: impl Future<Output = Ran>) -> Ran {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(statements)
}

#[allow(unused, unreachable_pub, clippy::all, clippy::pedantic, clippy::restriction, reason = "written for readers")]
mod blocks {
    pub(crate) use super::{Outcome, Ran, within};
    include!(concat!(env!("OUT_DIR"), "/blocks.rs"));
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list", ref pages @ ..] => list(pages),
        ["run"] => run(),
        _ => Err("docs-blocks list PAGE… | docs-blocks run".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn list(pages: &[&str]) -> Ran {
    let mut found = Vec::new();
    for page in pages {
        found.extend(block::blocks(page, &fs::read_to_string(page)?).map_err(|error| error.0)?);
    }
    println!("{}", serde_json::to_string(&found)?);
    Ok(())
}

fn run() -> Ran {
    let mut code = String::new();
    stdin().read_to_string(&mut code)?;
    let (_, run) = blocks::BLOCKS
        .iter()
        .find(|(block, _)| *block == code)
        .ok_or("this block was not built: run `make docs-blocks`")?;
    run()
}
