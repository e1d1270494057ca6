//! Events as server-sent events again, for a browser behind the application.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;

use super::{EventStream, event::StreamEvent};
use crate::error::{Error, kind::ErrorKind};

impl StreamEvent {
    /// Writes the event as one frame of server-sent events: `event`, `id` and `data` lines, and a blank line. The data is
    /// unchanged; a parser reads the same event.
    ///
    /// ```
    /// # async fn example(mut events: runtype_surface::EventStream) -> Result<(), runtype_surface::Error> {
    /// while let Some(event) = events.next().await {
    ///     let frame: bytes::Bytes = event?.to_sse();
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn to_sse(&self) -> Bytes {
        let (name, id) = (self.name(), self.id_bytes());
        let mut frame = Vec::with_capacity(name.len() + id.len() + self.data().len() + 32);
        let mut line = |field: &str, value: &[u8]| {
            frame.extend_from_slice(field.as_bytes());
            frame.extend_from_slice(b": ");
            frame.extend_from_slice(value);
            frame.push(b'\n');
        };
        // A name with a line break can only be the `type` in the data, which names the event again where it is read.
        if !name.contains(['\r', '\n']) {
            line("event", name.as_bytes());
        }
        if !id.is_empty() && !id.iter().any(|byte| b"\r\n\0".contains(byte)) {
            line("id", id);
        }
        let mut rest = &self.data()[..];
        while let Some(end) = memchr::memchr2(b'\r', b'\n', rest) {
            let (data, ended) = rest.split_at(end);
            line("data", data);
            rest = ended.strip_prefix(b"\r\n").or(ended.get(1..)).unwrap_or_default();
        }
        line("data", rest);
        frame.push(b'\n');
        frame.into()
    }

    /// The last event of a stream that failed, for a reader that has no exceptions: what the server reported, without the key, or
    /// an `error` event that says that the stream broke, and nothing else of the error.
    #[must_use]
    pub fn of_failure(error: &Error) -> Self {
        error.event().unwrap_or_else(|| Self::of_parts("error", failure_data(error.kind() == ErrorKind::Timeout), ""))
    }
}

/// The data of an `error` event that ends a stream which the server did not end.
fn failure_data(is_timeout: bool) -> &'static str {
    if is_timeout {
        r#"{"type":"error","error":{"message":"The stream timed out.","code":"stream_timeout"},"recoverable":false}"#
    } else {
        r#"{"type":"error","error":{"message":"The stream ended early.","code":"stream_interrupted"},"recoverable":false}"#
    }
}

/// The last frame of a stream that failed with an error of another language: with this event, or by a timeout.
pub(crate) fn failure_frame(event: Option<&StreamEvent>, is_timeout: bool) -> Bytes {
    event.map_or_else(|| StreamEvent::of_parts("error", failure_data(is_timeout), "").to_sse(), StreamEvent::to_sse)
}

impl EventStream {
    /// Forwards the stream as server-sent events, the body of an HTTP response. The stream is open already, so a refused call was an
    /// error before the response begins. A failure is its [last event](StreamEvent::of_failure). Dropping it closes the connection at
    /// once, as when the browser leaves.
    ///
    /// ```no_run
    /// # async fn example(client: runtype_surface::Client) -> Result<(), runtype_surface::Error> {
    /// let body = client.capability("support-agent").stream().await?.into_sse();
    /// // In axum: (runtype_surface::SseStream::HEADERS, axum::body::Body::from_stream(body))
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_sse(self) -> SseStream {
        SseStream { events: Some(self) }
    }
}

/// Frames of server-sent events, made by [`EventStream::into_sse`]: one for each event, as it comes.
#[must_use = "nothing is read before it is polled"]
pub struct SseStream {
    /// Empty after the end.
    events: Option<EventStream>,
}

impl SseStream {
    /// Headers of the response that has it as its body: its type, and that nothing on the way is to hold it back or keep it.
    pub const HEADERS: [(&'static str, &'static str); 3] = [
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
    ];
}

impl Stream for SseStream {
    /// It never fails: a failure is the last frame.
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(events) = &mut self.events else { return Poll::Ready(None) };
        let event = match ready!(Pin::new(events).poll_next(context)) {
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                self.events = None;
                StreamEvent::of_failure(&error)
            }
            None => {
                self.events = None;
                return Poll::Ready(None);
            }
        };
        Poll::Ready(Some(Ok(event.to_sse())))
    }
}

impl fmt::Debug for SseStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseStream").field("events", &self.events).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stream::parser::{EventParser, RawEvent};

    /// What a parser makes of bytes that came at once.
    fn parse(bytes: &[u8]) -> Vec<StreamEvent> {
        let (mut parser, mut events) = (EventParser::new(1 << 20), Vec::new());
        parser.feed(Bytes::copy_from_slice(bytes), &mut |raw: RawEvent| events.push(StreamEvent::new(raw))).unwrap();
        events
    }

    /// Streams of lines, of which some are events.
    fn any_stream() -> impl Strategy<Value = Vec<u8>> {
        let value = prop_oneof![
            "[ a-z\u{0}\u{feff}{}\":]{0,12}".prop_map(String::into_bytes),
            Just(br#"{"type":"a\nb","delta":"\ud83d"}"#.to_vec()),
            Just(br#"{"type":"message"}"#.to_vec()),
            prop::collection::vec(any::<u8>().prop_filter("no line", |byte| !b"\r\n".contains(byte)), 0..12),
        ];
        let field =
            prop::sample::select(vec!["event:", "event: ", "data:", "data: ", "id:", "id: ", "retry: ", ":", ""]);
        let line = (field, value, prop::sample::select(vec!["\n", "\r", "\r\n", "\n\n"]));
        prop::collection::vec(line, 0..24).prop_map(|lines| {
            let parts = lines.into_iter().flat_map(|(field, value, end)| [field.into(), value, end.into()]);
            parts.collect::<Vec<Vec<u8>>>().concat()
        })
    }

    proptest! {
        #[test]
        fn a_parser_reads_the_same_event_from_its_frame(stream in any_stream()) {
            for event in parse(&stream) {
                prop_assert_eq!(parse(&event.to_sse()), [event]);
            }
        }

        #[test]
        fn any_event_is_exactly_one_frame(name in any::<String>(), data in any::<Vec<u8>>(), id in any::<String>()) {
            let frame = StreamEvent::of_parts(&name, data, &id).to_sse();
            prop_assert!(frame.ends_with(b"\n\n"));
            let lines: Vec<&[u8]> = frame[..frame.len() - 2].split(|byte| *byte == b'\n').collect();
            let known = |line: &&[u8]| [&b"event: "[..], b"id: ", b"data: "].iter().any(|field| line.starts_with(field));
            prop_assert!(lines.iter().all(known) && !frame.contains(&b'\r'));
        }
    }

    #[test]
    fn a_frame_has_the_name_the_id_and_each_line_of_the_data() {
        let event = StreamEvent::of_parts("text_delta", "{\"delta\":\r\n\"a\\ud83d\"}", "7");
        assert_eq!(event.to_sse(), "event: text_delta\nid: 7\ndata: {\"delta\":\ndata: \"a\\ud83d\"}\n\n");
        assert_eq!(StreamEvent::of_parts("ping", "", "").to_sse(), "event: ping\ndata: \n\n");
        assert_eq!(StreamEvent::of_parts("a\nid: x", "{}", "1\ndata: x").to_sse(), "data: {}\n\n");
    }

    #[test]
    fn a_failure_that_the_server_did_not_report_says_nothing_of_the_error() {
        let error = Error::configuration("api_key", "papi_secret_key_0001");
        let event = StreamEvent::of_failure(&error);
        assert_eq!((event.recoverable(), event.code().as_deref()), (Some(false), Some("stream_interrupted")));
        assert!(!String::from_utf8_lossy(&event.to_sse()).contains("key"));
        assert_eq!(failure_frame(None, false), event.to_sse());
        assert!(String::from_utf8_lossy(&failure_frame(None, true)).contains("stream_timeout"));
    }
}
