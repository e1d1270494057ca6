//! The context of a trace that a request carries (W3C Trace Context).

use http::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Position of the version, trace id, parent id and flags in a `traceparent` of version 00.
const FIELDS: [(usize, usize); 4] = [(0, 2), (3, 35), (36, 52), (53, 55)];
const LENGTH: usize = 55;

/// Longest `tracestate` that is sent: vendors propagate at least 512 characters (W3C Trace Context, section 3.3.1.5).
const LONGEST_STATE: usize = 8 * 1024;

/// The span that a request's receiver continues: the headers `traceparent` and `tracestate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    parent: HeaderValue,
    state: Option<HeaderValue>,
}

impl TraceContext {
    /// The context of a span, as a tracer writes it. `None` for a `traceparent` that is none: nothing is sent then. A `tracestate` that
    /// cannot be a header is left out.
    #[must_use]
    pub fn new(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        if !is_valid(traceparent) {
            return None;
        }
        let state = tracestate.filter(|state| !state.is_empty() && state.len() <= LONGEST_STATE);
        Some(Self {
            parent: HeaderValue::from_str(traceparent).ok()?,
            state: state.and_then(|state| HeaderValue::from_str(state).ok()),
        })
    }

    /// Adds the headers, unless the application has set a `traceparent` or `tracestate` of its own.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        if headers.contains_key(TRACEPARENT) || headers.contains_key(TRACESTATE) {
            return;
        }
        headers.insert(TRACEPARENT, self.parent.clone());
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }
}

/// Whether a text is a `traceparent` of version 00 whose ids are not zero (W3C Trace Context, section 3.2).
fn is_valid(text: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let mut fields = FIELDS.iter().map(|(start, end)| text.get(*start..*end).filter(|field| is_hex(field)));
    let (Some(Some(version)), Some(Some(trace)), Some(Some(span)), Some(Some(_))) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return false;
    };
    let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
    let has_dashes = [2, 35, 52].iter().all(|place| text.as_bytes().get(*place) == Some(&b'-'));
    text.len() == LENGTH && version == "00" && has_dashes && !is_zero(trace) && !is_zero(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0b1902b7-01";

    #[test]
    fn a_text_that_is_no_traceparent_is_not_sent() {
        assert!(TraceContext::new(PARENT, None).is_some());
        for text in [
            "",
            "00",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0b1902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0b1902b7-01",
            "00-00000000000000000000000000000000-00f067aa0b1902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0b1902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0b1902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-0f067aa0b1902b7-01",
        ] {
            assert_eq!(TraceContext::new(text, None), None, "{text}");
        }
    }

    #[test]
    fn a_tracestate_that_cannot_be_a_header_is_left_out() {
        for state in ["", "a\nb", &"x".repeat(LONGEST_STATE + 1)] {
            assert_eq!(TraceContext::new(PARENT, Some(state)), TraceContext::new(PARENT, None), "{state}");
        }
        assert_ne!(TraceContext::new(PARENT, Some("vendor=1")), TraceContext::new(PARENT, None));
    }

    #[test]
    fn the_application_s_own_header_wins() {
        let context = TraceContext::new(PARENT, Some("vendor=1")).unwrap();
        for own in [TRACEPARENT, TRACESTATE] {
            let mut headers = HeaderMap::new();
            headers.insert(own, HeaderValue::from_static("own"));
            context.add_to(&mut headers);
            assert_eq!(headers.len(), 1);
        }
        let mut headers = HeaderMap::new();
        context.add_to(&mut headers);
        assert_eq!(
            (headers["traceparent"].to_str().unwrap(), headers["tracestate"].to_str().unwrap()),
            (PARENT, "vendor=1")
        );
    }
}
