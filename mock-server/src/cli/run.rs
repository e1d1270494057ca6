//! `run`: serves a mock while a command runs.

use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
};

use super::{
    LogChoice, What,
    signals::{ForwardedSignals, exit_code},
};

pub(super) async fn run(what: &What, log: LogChoice, command: &[OsString]) -> Result<ExitCode, String> {
    // Before the command starts, so that no signal is lost.
    let mut signals = ForwardedSignals::listen().map_err(|error| error.to_string())?;
    let surface = what.start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    log.show(&surface);
    let Some((program, arguments)) = command.split_first() else {
        return Err("no command; write it after --".to_owned());
    };
    let mut child = match tokio::process::Command::new(program)
        .args(arguments)
        // These would send the command's calls to another server, or expose a real key.
        .env_remove("RUNTYPE_ENDPOINT_URL")
        .env_remove("RUNTYPE_PRODUCT_API_KEY_FILE")
        .envs(surface.variables())
        .kill_on_drop(true)
        .spawn()
    {
        Ok(child) => child,
        Err(error) => {
            eprintln!("runtype-mock: cannot run {}: {error}", program.to_string_lossy());
            // As in shells: 127 if the command does not exist, 126 if it cannot be run.
            return Ok(ExitCode::from(if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 }));
        }
    };
    let status = signals.forward(&mut child).await.map_err(|error| error.to_string())?;
    // Codes beyond 255 exist on Windows only.
    Ok(ExitCode::from(exit_code(status).and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}
