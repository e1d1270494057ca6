//! Fields of an error event, for languages that keep its data decoded.

use bytes::Bytes;

use crate::stream::event::StreamEvent;

/// What an error event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventError {
    /// The code; the digits where it is a number.
    pub code: Option<String>,
    /// The message.
    pub message: Option<String>,
    /// URL at which the plan can be upgraded.
    pub upgrade_url: Option<String>,
}

/// Reads the data of an error event (JSON text) like [`StreamEvent::code`], [`StreamEvent::error_message`] and
/// [`StreamEvent::upgrade_url`].
#[must_use]
pub fn event_error(data: impl Into<Bytes>) -> EventError {
    let event = StreamEvent::of_parts("error", data, "");
    EventError {
        code: event.code().map(String::from),
        message: event.error_message().map(String::from),
        upgrade_url: event.upgrade_url().map(String::from),
    }
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
            let EventError { code, message, upgrade_url: _ } = event_error(data);
            assert_eq!((code.as_deref(), message.as_deref()), (Some("5"), Some("boom")), "{data}");
        }
        for data in [r#"{"upgradeUrl":"u"}"#, r#"{"error":{"upgradeUrl":"u"}}"#] {
            assert_eq!(event_error(data).upgrade_url.as_deref(), Some("u"), "{data}");
        }
        assert_eq!(event_error("no json"), EventError { code: None, message: None, upgrade_url: None });
    }
}
