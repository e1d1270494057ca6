//! Kinds of errors, and phases of a call.

/// Kind of an [`Error`](super::Error).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A key, id, URL, option or input is missing or malformed. Nothing was sent.
    Configuration,
    /// No connection could be made, or it broke.
    Connection,
    /// A timeout passed; [`Error::phase`](super::Error::phase) says in which phase.
    Timeout,
    /// 400, 413, 415 or 422: the input does not match the capability's parameters.
    BadRequest,
    /// 401: the key is missing, malformed, unknown, revoked or expired.
    Authentication,
    /// 402: the plan or a quota is exhausted; [`Error::upgrade_url`](super::Error::upgrade_url) is where to raise it, if the
    /// server says.
    PaymentRequired,
    /// 403: the key's scope or permissions do not include the capability.
    PermissionDenied,
    /// 404: no such product, surface or capability.
    NotFound,
    /// 429: the key's rate limit is reached; [`Error::retry_after`](super::Error::retry_after) is the wait that the server
    /// asked for.
    RateLimit,
    /// 5xx: the capability or the server failed; [`Error::execution_id`](super::Error::execution_id) identifies it in the
    /// product's logs.
    Server,
    /// Any other status that is not a success, including redirects, which are never followed.
    Status,
    /// A successful response that cannot be decoded: not JSON, too large, or of an unexpected shape.
    ResponseDecode,
    /// A stream broke, ended without a closing event, or reported a failure; [`Error::events_seen`](super::Error::events_seen)
    /// counts the events before it.
    Stream,
}

impl ErrorKind {
    /// Name of the kind's class in Python and JavaScript.
    #[must_use]
    pub fn class_name(self) -> &'static str {
        match self {
            Self::Configuration => "ConfigurationError",
            Self::Connection => "APIConnectionError",
            Self::Timeout => "APITimeoutError",
            Self::BadRequest => "BadRequestError",
            Self::Authentication => "AuthenticationError",
            Self::PaymentRequired => "PaymentRequiredError",
            Self::PermissionDenied => "PermissionDeniedError",
            Self::NotFound => "NotFoundError",
            Self::RateLimit => "RateLimitError",
            Self::Server => "ServerError",
            Self::Status => "APIStatusError",
            Self::ResponseDecode => "ResponseDecodeError",
            Self::Stream => "StreamError",
        }
    }

    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            400 | 413 | 415 | 422 => Self::BadRequest,
            401 => Self::Authentication,
            402 => Self::PaymentRequired,
            403 => Self::PermissionDenied,
            404 => Self::NotFound,
            429 => Self::RateLimit,
            500..=599 => Self::Server,
            _ => Self::Status,
        }
    }
}

/// What a call was doing when it timed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Asking the key source.
    Key,
    /// Connecting, or waiting for a free connection.
    Connect,
    /// Sending the request, and waiting for the response to begin.
    Response,
    /// Reading the response's body.
    Body,
    /// Waiting for the next event of a stream.
    Idle,
    /// Reading a stream that took longer than its timeout.
    Stream,
}

impl Phase {
    /// Name of the phase: `key`, `connect`, `response`, `body`, `idle` or `stream`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Connect => "connect",
            Self::Response => "response",
            Self::Body => "body",
            Self::Idle => "idle",
            Self::Stream => "stream",
        }
    }

    pub(crate) fn doing(self) -> &'static str {
        match self {
            Self::Key => "asking the key source",
            Self::Connect => "connecting",
            Self::Response => "waiting for the response",
            Self::Body => "reading the response",
            Self::Idle => "waiting for the next event",
            Self::Stream => "reading the stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_class() {
        for (statuses, expected) in [
            (&[400, 413, 415, 422][..], "BadRequestError"),
            (&[401], "AuthenticationError"),
            (&[402], "PaymentRequiredError"),
            (&[403], "PermissionDeniedError"),
            (&[404], "NotFoundError"),
            (&[429], "RateLimitError"),
            (&[500, 503, 599], "ServerError"),
            (&[302, 409, 418, 600], "APIStatusError"),
        ] {
            for status in statuses {
                assert_eq!(ErrorKind::of_status(*status).class_name(), expected, "{status}");
            }
        }
    }

    #[test]
    fn each_phase_has_a_name_and_says_what_the_call_was_doing() {
        let phases = [Phase::Key, Phase::Connect, Phase::Response, Phase::Body, Phase::Idle, Phase::Stream];
        assert_eq!(phases.map(Phase::as_str), ["key", "connect", "response", "body", "idle", "stream"]);
        assert_eq!(
            phases.map(Phase::doing),
            [
                "asking the key source",
                "connecting",
                "waiting for the response",
                "reading the response",
                "waiting for the next event",
                "reading the stream",
            ]
        );
    }
}
