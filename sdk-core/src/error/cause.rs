//! The cause of an error, reduced to its text.

use std::{borrow::Cow, fmt, io};

use crate::redact;

/// How the standard library begins the text of a failed name resolution.
const LOOKUP_FAILED: &str = "failed to lookup address information";

/// Words of libraries that say little to a reader, and plain ones.
const PLAIN: [(&str, &str); 6] = [
    ("invalid HTTP version parsed", "the server does not speak HTTP on this port"),
    (NO_TLS, "the server does not speak TLS on this port"),
    ("connection closed before message completed", "the server closed the connection before its response was complete"),
    (
        "peer closed connection without sending TLS close_notify",
        "the server closed the connection without the end of TLS",
    ),
    ("relative URL without a base", "it has no scheme"),
    ("EOF while parsing", "the JSON ends too early"),
];

/// How the TLS library begins the text for a server that responds without TLS.
const NO_TLS: &str = "received corrupt message of type InvalidContentType";

/// A library's reason in plain words, where they are known. The place in a JSON text is kept.
pub(crate) fn plain(reason: &str) -> Cow<'_, str> {
    let Some((_, words)) = PLAIN.iter().find(|(begin, _)| reason.starts_with(begin)) else {
        return Cow::Borrowed(reason);
    };
    match reason.find(" at line ").and_then(|at| reason.get(at..)) {
        Some(place) => Cow::Owned(format!("{words}{place}")),
        None => Cow::Borrowed(words),
    }
}

/// A cause that keeps the text, without anything that looks like a credential, and drops the type. An [`io::Error`] at the end of
/// the chain keeps its type, so that its kind can be read.
#[derive(Debug)]
pub(crate) struct Cause {
    text: String,
    source: Option<Source>,
    is_connect: bool,
}

#[derive(Debug)]
enum Source {
    Cause(Box<Cause>),
    Io(io::Error),
}

impl Cause {
    /// Copies a chain of causes.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        let text = |error: &dyn std::error::Error| redact::hide_credentials(&error.to_string()).into_owned();
        let source = error.source().map(|source| match source.downcast_ref::<io::Error>() {
            Some(io) if io.get_ref().is_none_or(|inner| inner.source().is_none()) => {
                Source::Io(match io.raw_os_error() {
                    Some(code) => io::Error::from_raw_os_error(code),
                    None => io::Error::new(io.kind(), text(io)),
                })
            }
            _ => Source::Cause(Box::new(Self::of(source))),
        });
        let is_connect = error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect);
        Self { text: text(error), source, is_connect }
    }

    /// Rewrites every text of the chain: a server's words are in some of them.
    pub(crate) fn rewrite(&mut self, rewrite: &dyn Fn(String) -> String) {
        self.text = rewrite(std::mem::take(&mut self.text));
        match &mut self.source {
            Some(Source::Cause(cause)) => cause.rewrite(rewrite),
            Some(Source::Io(io)) if io.raw_os_error().is_none() => {
                *io = io::Error::new(io.kind(), rewrite(io.to_string()));
            }
            Some(Source::Io(_)) | None => {}
        }
    }

    /// Whether making the connection failed.
    pub(crate) fn is_connect(&self) -> bool {
        self.is_connect
    }

    /// The innermost reason, in the operating system's or library's words, on one line.
    pub(crate) fn reason(&self) -> String {
        let mut last = self;
        let innermost = loop {
            match &last.source {
                Some(Source::Cause(cause)) => last = cause,
                Some(Source::Io(io)) => break io.to_string(),
                None => break last.text.clone(),
            }
        };
        if let Some(reason) = innermost.strip_prefix(LOOKUP_FAILED) {
            return format!("the host name could not be resolved ({})", reason.trim_start_matches(": "));
        }
        // The number of the system's error and links to a library's documentation do not help the reader.
        let short = innermost.split(" (os error ").next().unwrap_or_default();
        let short = short.split(": https://").next().unwrap_or_default();
        let words = plain(short);
        let mut characters = words.chars();
        match (characters.next(), characters.as_str()) {
            // Keeps abbreviations such as "TLS".
            (Some(first), rest) if !rest.starts_with(|c: char| c.is_uppercase()) => {
                first.to_lowercase().chain(rest.chars()).collect()
            }
            _ => words.into_owned(),
        }
    }

    /// The operating system's name of the innermost reason, if it is a common one.
    pub(crate) fn os_code(&self) -> Option<&'static str> {
        match &self.source {
            Some(Source::Cause(cause)) => cause.os_code(),
            Some(Source::Io(io)) => code(io),
            None => None,
        }
    }
}

fn code(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("ECONNREFUSED"),
        io::ErrorKind::ConnectionReset => Some("ECONNRESET"),
        io::ErrorKind::ConnectionAborted => Some("ECONNABORTED"),
        io::ErrorKind::BrokenPipe => Some("EPIPE"),
        io::ErrorKind::TimedOut => Some("ETIMEDOUT"),
        io::ErrorKind::HostUnreachable => Some("EHOSTUNREACH"),
        io::ErrorKind::NetworkUnreachable => Some("ENETUNREACH"),
        io::ErrorKind::AddrNotAvailable => Some("EADDRNOTAVAIL"),
        // The standard library has no error kind for failures of getaddrinfo.
        _ if error.to_string().starts_with(LOOKUP_FAILED) => Some("ENOTFOUND"),
        // As Node's own TLS reports it.
        _ if error.to_string().starts_with(NO_TLS) => Some("EPROTO"),
        _ => None,
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.source.as_ref()? {
            Source::Cause(cause) => Some(&**cause),
            Source::Io(io) => Some(io),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    }

    fn end(text: &'static str) -> Link {
        Link { text, source: None }
    }

    fn before(source: impl std::error::Error + Send + Sync + 'static) -> Cause {
        Cause::of(&Link { text: "the outer one", source: Some(Box::new(source)) })
    }

    #[test]
    fn the_innermost_reason_is_told_in_plain_words() {
        let unresolved = format!("{LOOKUP_FAILED}: Name or service not known");
        let rows = [
            (before(io::Error::from(io::ErrorKind::ConnectionRefused)), "connection refused"),
            (before(io::Error::other(unresolved)), "the host name could not be resolved (Name or service not known)"),
            // An error of the operating system that wraps a longer chain is not the innermost.
            (before(io::Error::other(Link { text: "b", source: Some(Box::new(end("Inner"))) })), "inner"),
            (before(io::Error::other(end("Last"))), "last"),
            (Cause::of(&end("TLS failed")), "TLS failed"),
            (Cause::of(&end("Invalid certificate: https://docs.rs/rustls")), "invalid certificate"),
            (Cause::of(&end("Refused (os error 111)")), "refused"),
            (Cause::of(&end("")), ""),
        ];
        for (cause, expected) in rows {
            assert_eq!(cause.reason(), expected);
            assert!(!cause.is_connect());
        }
    }

    #[test]
    fn a_common_reason_has_the_operating_systems_name() {
        let rows = [
            (io::ErrorKind::ConnectionRefused, Some("ECONNREFUSED")),
            (io::ErrorKind::ConnectionReset, Some("ECONNRESET")),
            (io::ErrorKind::ConnectionAborted, Some("ECONNABORTED")),
            (io::ErrorKind::BrokenPipe, Some("EPIPE")),
            (io::ErrorKind::TimedOut, Some("ETIMEDOUT")),
            (io::ErrorKind::HostUnreachable, Some("EHOSTUNREACH")),
            (io::ErrorKind::NetworkUnreachable, Some("ENETUNREACH")),
            (io::ErrorKind::AddrNotAvailable, Some("EADDRNOTAVAIL")),
            (io::ErrorKind::InvalidData, None),
        ];
        for (kind, expected) in rows {
            assert_eq!(before(io::Error::from(kind)).os_code(), expected, "{kind:?}");
        }
        assert_eq!(before(io::Error::other(LOOKUP_FAILED)).os_code(), Some("ENOTFOUND"));
        assert_eq!(before(before(io::Error::from(io::ErrorKind::BrokenPipe))).os_code(), Some("EPIPE"));
        assert_eq!(Cause::of(&end("no error of the system")).os_code(), None);
    }

    #[test]
    fn every_text_of_a_chain_is_rewritten_and_an_error_of_the_system_is_kept() {
        let rewritten = |mut cause: Cause| {
            cause.rewrite(&|text| text.replace("word", "…"));
            cause
        };
        let words = Link { text: "a word", source: Some(Box::new(end("another word"))) };
        let cause = rewritten(Cause::of(&words));
        assert_eq!((cause.to_string(), cause.source().unwrap().to_string()), ("a …".into(), "another …".into()));
        let cause = rewritten(before(io::Error::new(io::ErrorKind::TimedOut, "a word")));
        assert_eq!((cause.reason().as_str(), cause.os_code()), ("a …", Some("ETIMEDOUT")));
        let cause = rewritten(before(io::Error::from_raw_os_error(2)));
        assert_eq!(cause.source().unwrap().downcast_ref::<io::Error>().unwrap().raw_os_error(), Some(2));
        assert!(Cause::of(&end("alone")).source().is_none());
    }

    #[test]
    fn a_library_s_words_become_plain_ones() {
        let broken = io::Error::new(io::ErrorKind::InvalidData, NO_TLS);
        assert_eq!(code(&broken), Some("EPROTO"));
        for (reason, expected) in [
            (NO_TLS, "the server does not speak TLS on this port"),
            ("invalid HTTP version parsed", "the server does not speak HTTP on this port"),
            ("relative URL without a base", "it has no scheme"),
            ("EOF while parsing a value at line 1 column 7", "the JSON ends too early at line 1 column 7"),
            ("connection refused", "connection refused"),
        ] {
            assert_eq!(plain(reason), expected);
        }
    }
}
