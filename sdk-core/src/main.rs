//! The command `runtype-surface`.

use std::process::ExitCode;

use runtype_surface::cli::{Surroundings, run};

fn main() -> ExitCode {
    let surroundings = Surroundings::of_process("runtype-surface", "rust");
    ExitCode::from(run(std::env::args_os().skip(1).collect(), surroundings))
}
