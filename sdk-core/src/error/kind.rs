//! What kind of failure an error is, and what the call was doing.

/// What kind of failure an [`Error`](super::Error) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A key, id, URL, option or input is missing or malformed. Nothing was sent.
    Configuration,
    /// No connection could be made, or it broke.
    Connection,
    /// The deadline passed; [`Error::phase`](super::Error::phase) says in which phase.
    Timeout,
    /// 400, 413, 415 or 422: the request is not what the capability takes.
    BadRequest,
    /// 401: the key is missing, malformed, unknown, revoked or expired.
    Authentication,
    /// 403: the key's scope or permissions do not reach the capability.
    PermissionDenied,
    /// 404: no such product, surface or capability.
    NotFound,
    /// 429: a limit of the key is reached; [`Error::retry_after`](super::Error::retry_after) says for how long, if the server did.
    RateLimit,
    /// 5xx: the capability failed, or the server did; [`Error::execution_id`](super::Error::execution_id) finds it in the product's logs.
    Server,
    /// Any other answer that is not a success, among them redirects, which are never followed.
    Status,
    /// A success that is not what was asked for: not JSON, too large, or of another shape.
    ResponseDecode,
    /// A stream broke, ended without a closing event, or reported an error; [`Error::events_seen`](super::Error::events_seen) says how far it came.
    Stream,
}

impl ErrorKind {
    /// The name of the class that stands for this kind in Python and JavaScript.
    #[must_use]
    pub fn class_name(self) -> &'static str {
        match self {
            Self::Configuration => "ConfigurationError",
            Self::Connection => "APIConnectionError",
            Self::Timeout => "APITimeoutError",
            Self::BadRequest => "BadRequestError",
            Self::Authentication => "AuthenticationError",
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
            403 => Self::PermissionDenied,
            404 => Self::NotFound,
            429 => Self::RateLimit,
            500..=599 => Self::Server,
            _ => Self::Status,
        }
    }
}

/// What a call was doing when its time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Asking the key's source.
    Key,
    /// Making a connection, or waiting for a free one.
    Connect,
    /// Sending the request, and waiting for the answer to begin.
    Answer,
    /// Reading the answer.
    Body,
    /// Waiting for the next event of a stream.
    Idle,
}

impl Phase {
    /// The phase's name: `key`, `connect`, `answer`, `body` or `idle`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Connect => "connect",
            Self::Answer => "answer",
            Self::Body => "body",
            Self::Idle => "idle",
        }
    }

    pub(crate) fn doing(self) -> &'static str {
        match self {
            Self::Key => "asking the key's source",
            Self::Connect => "connecting",
            Self::Answer => "waiting for the answer",
            Self::Body => "reading the answer",
            Self::Idle => "waiting for the next event",
        }
    }
}
