//! Signals of the operating system, as the commands need them. One file per family of systems, with the same names.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{ForwardedSignals, ServeSignals, exit_code};
#[cfg(windows)]
pub(super) use windows::{ForwardedSignals, ServeSignals, exit_code};

/// What a signal asks `serve` to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Stop.
    Stop,
    /// Reload the configuration. Unix only.
    #[cfg_attr(windows, expect(dead_code, reason = "Windows has no such signal"))]
    Reload,
}
