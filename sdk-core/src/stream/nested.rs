//! Texts of nested flows and agents, which are not part of the answer.

use super::{event_kind::EventKind, fields::Fields};

/// Maximum number of nested texts that are open at the same time. Of more, the oldest is forgotten.
const MOST_OPEN: usize = 64;

/// The open texts of nested flows and agents. An event of one has a `parentToolCallId`, itself or in its `subagent`; if only its
/// `text_start` has it, the others are known by its `id`.
#[derive(Debug, Default)]
pub(crate) struct NestedTexts(Vec<Box<str>>);

impl NestedTexts {
    /// Records a text that begins.
    pub(crate) fn start(&mut self, fields: &Fields<'_>) {
        let Some(id) = fields.id.json() else { return };
        // The same id may begin another text.
        self.0.retain(|open| **open != *id);
        if fields.is_nested() {
            if self.0.len() == MOST_OPEN {
                self.0.remove(0);
            }
            self.0.push(id.into());
        }
    }

    /// Whether an event belongs to a nested text. One that is complete is forgotten.
    pub(crate) fn has(&mut self, kind: EventKind, fields: &Fields<'_>) -> bool {
        if self.0.is_empty() {
            return fields.is_nested();
        }
        let open = fields.id.json().and_then(|id| self.0.iter().position(|open| **open == *id));
        if let (Some(at), EventKind::TextComplete) = (open, kind) {
            self.0.remove(at);
        }
        open.is_some() || fields.is_nested()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_nested_if_its_start_or_the_event_itself_says_so() {
        let mut nested = NestedTexts::default();
        let fields = |data: &'static str| Fields::of(data.as_bytes());
        nested.start(&fields(r#"{"id":"t1","parentToolCallId":"call_1"}"#));
        nested.start(&fields(r#"{"id":"t2"}"#));
        nested.start(&fields(r#"{"id":"t3","subagent":{"parentToolCallId":"call_2"}}"#));
        for (data, expected) in [
            (r#"{"id":"t1"}"#, true),
            (r#"{"id":"t2"}"#, false),
            (r#"{"id":"t3"}"#, true),
            (r#"{"id":"t4","parentToolCallId":"call_1"}"#, true),
            (r#"{"id":"t4","parentToolCallId":null}"#, false),
            (r#"{"subagent":{"parentToolCallId":"call_2"}}"#, true),
            ("{}", false),
        ] {
            assert_eq!(nested.has(EventKind::TextDelta, &fields(data)), expected, "{data}");
        }
        assert!(nested.has(EventKind::TextComplete, &fields(r#"{"id":"t1"}"#)));
        assert!(!nested.has(EventKind::TextDelta, &fields(r#"{"id":"t1"}"#)));
        nested.start(&fields(r#"{"id":"t3"}"#));
        assert!(!nested.has(EventKind::TextDelta, &fields(r#"{"id":"t3"}"#)));
    }

    #[test]
    fn texts_that_never_end_are_bounded() {
        let mut nested = NestedTexts::default();
        for number in 0..1_000 {
            let data = format!(r#"{{"id":"t{number}","parentToolCallId":"call_1"}}"#);
            nested.start(&Fields::of(data.as_bytes()));
        }
        assert_eq!(nested.0.len(), MOST_OPEN);
    }
}
