//! `run`: serves a mock while a command runs.

use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    os::unix::process::ExitStatusExt as _,
    process::{ExitCode, ExitStatus},
};

use rustix::{
    process::{Pid, Signal, getpgrp, kill_process},
    termios::tcgetpgrp,
};
use tokio::signal::unix::{SignalKind, signal};

use super::{LogChoice, What};

pub(super) async fn run(what: &What, log: LogChoice, command: &[OsString]) -> Result<ExitCode, String> {
    let listen = |kind| signal(kind).map_err(|error| error.to_string());
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    let mut quit = listen(SignalKind::quit())?;
    let mut user1 = listen(SignalKind::user_defined1())?;
    let mut user2 = listen(SignalKind::user_defined2())?;
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
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let pass = |signal: Signal, from_keyboard: bool| {
        // The terminal has already signalled the child; a second signal would look like a second Ctrl-C.
        if let Some(pid) = pid
            && !(from_keyboard && in_foreground())
        {
            let _ = kill_process(pid, signal);
        }
    };
    loop {
        tokio::select! {
            status = child.wait() => return status.map(code).map_err(|error| error.to_string()),
            _ = interrupt.recv() => pass(Signal::INT, true),
            _ = quit.recv() => pass(Signal::QUIT, true),
            _ = terminate.recv() => pass(Signal::TERM, false),
            _ = hangup.recv() => pass(Signal::HUP, false),
            _ = user1.recv() => pass(Signal::USR1, false),
            _ = user2.recv() => pass(Signal::USR2, false),
        }
    }
}

/// Whether the terminal signals this process and its child directly.
fn in_foreground() -> bool {
    tcgetpgrp(std::io::stdin()).is_ok_and(|group| group == getpgrp())
}

/// Exit code: the command's own, or 128 plus the signal that ended it.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
