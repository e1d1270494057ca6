//! What is logged.

use std::str::FromStr;

use super::values::one_of;
use crate::error::Error;

/// What is written to standard error, from nothing to everything. A level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum LogLevel {
    /// Nothing. The default.
    #[default]
    Off,
    /// Failed calls.
    Error,
    /// Also waits of more than 5 s, and a quota that is nearly used up.
    Warn,
    /// Also every call and every retry.
    Info,
    /// Also every attempt.
    Debug,
}

impl LogLevel {
    pub(crate) const ALL: [Self; 5] = [Self::Off, Self::Error, Self::Warn, Self::Info, Self::Debug];

    /// The option's name: `off`, `error`, `warn`, `info` or `debug`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

impl FromStr for LogLevel {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        one_of("log_level", text, Self::ALL, Self::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_has_its_name_and_includes_the_ones_before_it() {
        for level in LogLevel::ALL {
            assert_eq!(level.as_str().parse::<LogLevel>().unwrap(), level);
        }
        assert!(LogLevel::ALL.is_sorted());
        let error = "verbose".parse::<LogLevel>().unwrap_err();
        assert_eq!(error.to_string(), "log_level: \"verbose\" is not one of off, error, warn, info, debug");
    }
}
