//! The subcommands.

/// The whole command, or a subcommand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// The whole command.
    Command,
    Call,
    OpenApi,
    Doctor,
}

impl Topic {
    pub(super) const NAMES: [&str; 4] = ["call", "openapi", "doctor", "help"];

    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "call" => Some(Self::Call),
            "openapi" => Some(Self::OpenApi),
            "doctor" => Some(Self::Doctor),
            "help" => Some(Self::Command),
            _ => None,
        }
    }

    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Command => None,
            Self::Call => Some("call"),
            Self::OpenApi => Some("openapi"),
            Self::Doctor => Some("doctor"),
        }
    }
}
