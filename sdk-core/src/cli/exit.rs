//! The exit codes. The help lists them.

use crate::error::{Error, kind::ErrorKind};

pub(super) const OK: u8 = 0;
/// Also for what has no code of its own: an output that cannot be written, a refuted fact.
pub(super) const FAILED: u8 = 1;
const USAGE: u8 = 2;
const REFUSED_KEY: u8 = 3;
const LIMIT: u8 = 4;
pub(super) const CONNECTION: u8 = 5;
pub(super) const STATUS: u8 = 6;
const BROKEN_OUTPUT: u8 = 7;
/// As of a program that SIGPIPE ended.
pub(super) const CLOSED_OUTPUT: u8 = 141;

/// The codes and their meaning, for the help.
pub(super) const MEANINGS: [(u8, &str); 10] = [
    (OK, "success"),
    (FAILED, "the output cannot be written, or `doctor --contract` refuted a fact"),
    (USAGE, "an argument, a variable or the input is wrong; nothing was sent"),
    (REFUSED_KEY, "the key or its scope was refused (401, 403)"),
    (LIMIT, "a rate limit or a plan is exhausted (429, 402)"),
    (CONNECTION, "no connection, or a timeout"),
    (STATUS, "another error status of the API"),
    (BROKEN_OUTPUT, "the response cannot be decoded, or the stream failed"),
    (130, "ended by Ctrl-C (SIGINT, as shells count it)"),
    (CLOSED_OUTPUT, "standard output was closed"),
];

/// The code of an error.
pub(super) fn code(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::Configuration => USAGE,
        ErrorKind::Authentication | ErrorKind::PermissionDenied => REFUSED_KEY,
        ErrorKind::RateLimit | ErrorKind::PaymentRequired => LIMIT,
        ErrorKind::Connection | ErrorKind::Timeout => CONNECTION,
        ErrorKind::BadRequest | ErrorKind::NotFound | ErrorKind::Server | ErrorKind::Status => STATUS,
        // A single call has no ledger.
        ErrorKind::ResponseDecode | ErrorKind::Stream | ErrorKind::Ledger => BROKEN_OUTPUT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_meaning() {
        let mut codes = MEANINGS.map(|(code, _)| code);
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "{codes:?}");
    }
}
