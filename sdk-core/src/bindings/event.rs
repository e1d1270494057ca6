//! Fields of an error event, for languages that keep its data decoded.

use bytes::Bytes;

use crate::stream::event::StreamEvent;

/// Code and message of an error event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventError {
    /// The code; the digits where it is a number.
    pub code: Option<String>,
    /// The message.
    pub message: Option<String>,
}

/// Reads the data of an error event (JSON text) like [`StreamEvent::code`] and [`StreamEvent::error_message`].
#[must_use]
pub fn event_error(data: impl Into<Bytes>) -> EventError {
    let event = StreamEvent::of_parts("error", data, "");
    EventError { code: event.code().map(String::from), message: event.error_message().map(String::from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_event_says_the_same_in_every_form() {
        for data in [
            r#"{"error":{"message":"boom","code":5},"message":"not this"}"#,
            r#"{"error":"boom","code":"5"}"#,
            r#"{"message":"boom","code":5,"error":{"code":"not this"}}"#,
        ] {
            let EventError { code, message } = event_error(data);
            assert_eq!((code.as_deref(), message.as_deref()), (Some("5"), Some("boom")), "{data}");
        }
        assert_eq!(event_error("no json"), EventError { code: None, message: None });
    }
}
