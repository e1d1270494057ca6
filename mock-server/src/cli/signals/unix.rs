//! Signals on Unix.

use std::{io, os::unix::process::ExitStatusExt as _, process::ExitStatus};

use rustix::{
    process::{Pid, Signal as Number, getpgrp, kill_process},
    termios::tcgetpgrp,
};
use tokio::{
    process::Child,
    signal::unix::{Signal, SignalKind, signal},
};

use super::Asked;

/// The signals that `serve` listens to: SIGINT and SIGTERM stop it, SIGHUP reloads its configuration.
pub(in crate::cli) struct ServeSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl ServeSignals {
    /// Listens from now on.
    pub(in crate::cli) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(in crate::cli) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}

/// The signals that `run` forwards to its command.
pub(in crate::cli) struct ForwardedSignals {
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
    hangup: Signal,
    user1: Signal,
    user2: Signal,
}

impl ForwardedSignals {
    /// Listens from now on.
    pub(in crate::cli) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            user1: signal(SignalKind::user_defined1())?,
            user2: signal(SignalKind::user_defined2())?,
        })
    }

    /// Forwards signals to the command until it ends.
    pub(in crate::cli) async fn forward(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let pass = |signal: Number, from_keyboard: bool| {
            // The terminal has already signalled the child; a second signal would look like a second Ctrl-C.
            if let Some(pid) = pid
                && !(from_keyboard && in_foreground())
            {
                let _ = kill_process(pid, signal);
            }
        };
        loop {
            tokio::select! {
                status = child.wait() => return status,
                _ = self.interrupt.recv() => pass(Number::INT, true),
                _ = self.quit.recv() => pass(Number::QUIT, true),
                _ = self.terminate.recv() => pass(Number::TERM, false),
                _ = self.hangup.recv() => pass(Number::HUP, false),
                _ = self.user1.recv() => pass(Number::USR1, false),
                _ = self.user2.recv() => pass(Number::USR2, false),
            }
        }
    }
}

/// Whether the terminal signals this process and its child directly.
fn in_foreground() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp())
}

/// Exit code of a command: its own, or 128 plus the signal that ended it.
pub(in crate::cli) fn exit_code(status: ExitStatus) -> Option<i32> {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal))
}
