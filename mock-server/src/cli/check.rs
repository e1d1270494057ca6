//! `check`: all problems of a configuration file.

use std::{path::Path, process::ExitCode};

use runtype_mock::{Config, State, Time};

/// Prints the problems of a file as `file:line: message`.
pub(super) fn check(path: &Path) -> Result<ExitCode, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let problems = Config::problems(&text);
    for problem in &problems {
        println!("{shown}:{}: {}", problem.line, problem.message);
    }
    if !problems.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    let config = Config::from_toml(&text).map_err(|problem| format!("{shown}: {problem}"))?;
    if let Err(problem) = State::new(config, Time::now()) {
        println!("{shown}: {problem}");
        return Ok(ExitCode::FAILURE);
    }
    println!("{shown}: no problems");
    Ok(ExitCode::SUCCESS)
}
