//! Console events on Windows, which has no signals.

use std::{io, process::ExitStatus};

use tokio::{
    process::Child,
    signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown},
};

use super::Asked;

/// The events that stop `serve`: Ctrl-C, Ctrl-Break, the end of the console, and the end of the system.
pub(in crate::cli) struct ServeSignals {
    interrupt: CtrlC,
    stop: CtrlBreak,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

impl ServeSignals {
    /// Listens from now on.
    pub(in crate::cli) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: ctrl_c()?, stop: ctrl_break()?, close: ctrl_close()?, shutdown: ctrl_shutdown()? })
    }

    /// Waits for the next one.
    pub(in crate::cli) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.stop.recv() => Asked::Stop,
            _ = self.close.recv() => Asked::Stop,
            _ = self.shutdown.recv() => Asked::Stop,
        }
    }
}

/// The events that must not end `run` before its command. The console sends them to the command itself.
pub(in crate::cli) struct ForwardedSignals {
    interrupt: CtrlC,
    stop: CtrlBreak,
}

impl ForwardedSignals {
    /// Listens from now on.
    pub(in crate::cli) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: ctrl_c()?, stop: ctrl_break()? })
    }

    /// Waits until the command ends.
    pub(in crate::cli) async fn forward(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        loop {
            tokio::select! {
                status = child.wait() => return status,
                _ = self.interrupt.recv() => {}
                _ = self.stop.recv() => {}
            }
        }
    }
}

/// Exit code of a command.
pub(in crate::cli) fn exit_code(status: ExitStatus) -> Option<i32> {
    status.code()
}
