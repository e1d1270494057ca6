//! The text of a stream's answer, joined from its pieces.

use std::borrow::Cow;

use super::surrogates::replaced;

/// Maximum number of texts that are open at the same time. Of more, the oldest is taken for one without deltas.
const MOST_OPEN: usize = 64;

/// The text of the answer so far.
///
/// It is kept as the content of a JSON string, still escaped, so that nothing is decoded or copied twice for those who only
/// iterate.
#[derive(Debug)]
pub(crate) struct Text {
    content: Vec<u8>,
    limit: u64,
    is_over: bool,
    /// The JSON of the ids of texts whose deltas are in the content.
    open: Vec<Option<Box<str>>>,
}

impl Text {
    /// `limit`: maximum size of the content, in bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self { content: Vec::new(), limit, is_over: false, open: Vec::new() }
    }

    /// Adds a delta of the text with this id: the content of a JSON string.
    pub(crate) fn add(&mut self, id: Option<&str>, delta: &str) {
        if delta.is_empty() {
            return;
        }
        if !self.open.iter().any(|open| open.as_deref() == id) {
            if self.open.len() == MOST_OPEN {
                self.open.remove(0);
            }
            self.open.push(id.map(Into::into));
        }
        self.push(delta);
    }

    /// Adds a whole text, unless its deltas were added.
    pub(crate) fn complete(&mut self, id: Option<&str>, text: &str) {
        match self.open.iter().position(|open| open.as_deref() == id) {
            Some(at) => drop(self.open.remove(at)),
            None => self.push(&replaced(text)),
        }
    }

    fn push(&mut self, content: &str) {
        let length = self.content.len().saturating_add(content.len());
        // A later piece that fits must not follow a gap.
        self.is_over |= length as u64 > self.limit;
        if !self.is_over {
            self.content.extend_from_slice(content.as_bytes());
        }
    }

    /// The limit, if the text exceeds it.
    pub(crate) fn exceeded(&self) -> Option<u64> {
        self.is_over.then_some(self.limit)
    }

    /// The text; if it exceeds the limit, its beginning.
    pub(crate) fn decoded(&self) -> String {
        let content = String::from_utf8_lossy(&self.content);
        if !content.contains('\\') {
            return content.into_owned();
        }
        let json = ["\"", &content, "\""].concat();
        // The content is that of valid JSON strings with whole characters; if it were not, it would be shown still escaped.
        serde_json::from_str::<Cow<'_, str>>(&json).map_or_else(|_| content.into_owned(), Cow::into_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_decoded_once_it_is_asked_for() {
        let mut text = Text::new(100);
        text.add(Some("1"), r"a\n\u00fc");
        text.add(Some("1"), "漢\\ud83d\\ude00");
        assert_eq!(text.decoded(), "a\nü漢😀");
    }

    #[test]
    fn a_complete_text_counts_if_no_delta_came_since_the_last_one() {
        let mut text = Text::new(100);
        text.add(Some("1"), "a");
        text.add(None, "b");
        text.complete(Some("1"), "a");
        text.complete(Some("2"), "c\\ud83d");
        text.complete(Some("1"), "d");
        text.complete(None, "b");
        assert_eq!(text.decoded(), "abc\u{fffd}d");
    }

    #[test]
    fn a_text_over_its_limit_keeps_its_beginning() {
        let mut text = Text::new(3);
        text.add(None, "abc");
        assert_eq!(text.exceeded(), None);
        text.add(None, "de");
        text.add(None, "");
        text.complete(Some("9"), "f");
        assert_eq!((text.exceeded(), text.decoded().as_str()), (Some(3), "abc"));
    }

    #[test]
    fn a_flood_of_texts_is_not_kept() {
        let mut text = Text::new(1 << 20);
        (0..10 * MOST_OPEN).for_each(|id| text.add(Some(&id.to_string()), "x"));
        assert_eq!(text.open.len(), MOST_OPEN);
    }
}
