//! Keeps credentials out of all texts of this crate.
//!
//! The [scrubber](crate::key::scrubber) hides the key in responses that echo it.

use std::borrow::Cow;

/// Prefixes of the platform's credentials (documented by the vendor). Full prefixes, since a slug may begin with `rt_`
/// or `ct_`.
const CREDENTIAL_PREFIXES: [&str; 6] = ["papi_", "rt_live_", "rt_test_", "mcp_", "ct_live_", "ct_test_"];

/// Maximum length of a quoted input, in characters.
const QUOTE_LIMIT: usize = 120;

/// Maximum length of the part of a quoted input that is searched for credentials, in characters.
const SEARCH_LIMIT: usize = 16 * QUOTE_LIMIT;

/// Quotes an input for an error: in double quotes, control characters escaped, truncated, and anything that looks like a
/// credential replaced with its prefix and an ellipsis.
pub(crate) fn quote(input: &str) -> String {
    // A long input is cut before it is searched, far behind what is shown.
    let cut = input.char_indices().nth(SEARCH_LIMIT).and_then(|(end, _)| input.get(..end));
    let hidden = hide_credentials(cut.unwrap_or(input));
    let mut text: String = hidden.chars().take(QUOTE_LIMIT).collect();
    if cut.is_some() || hidden.chars().count() > QUOTE_LIMIT {
        text.push('…');
    }
    format!("{text:?}")
}

/// Escapes characters that a terminal or a log viewer acts on: control characters, line separators and bidirectional marks
/// (Unicode, UAX #9), so that a server's words cannot forge lines or hide text.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(acts_on_display) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if acts_on_display(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

fn acts_on_display(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text contains anything that looks like a product key.
pub(crate) fn holds_key(text: &str) -> bool {
    text.split("papi_").skip(1).any(|after| after.starts_with(is_credential_character))
}

/// Replaces the rest of a credential after its prefix with an ellipsis.
pub(crate) fn hide_credentials(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    let mut changed = false;
    let mut before = None;
    while let Some(next) = rest.chars().next() {
        let begins_word = before.is_none_or(|c: char| !c.is_ascii_alphanumeric());
        let prefix = CREDENTIAL_PREFIXES
            .iter()
            .find(|prefix| rest.starts_with(**prefix) && (begins_word || **prefix == "papi_"));
        if let Some(prefix) = prefix {
            let (_, secret) = rest.split_at(prefix.len());
            let end = secret.find(|c: char| !is_credential_character(c)).unwrap_or(secret.len());
            if end > 0 {
                shown.push_str(prefix);
                shown.push('…');
                rest = secret.split_at(end).1;
                changed = true;
                before = Some('…');
                continue;
            }
        }
        shown.push(next);
        before = Some(next);
        rest = rest.split_at(next.len_utf8()).1;
    }
    if changed { Cow::Owned(shown) } else { Cow::Borrowed(text) }
}

/// A key is visible ASCII; in running text it ends at a quote, a bracket or a URL separator.
fn is_credential_character(c: char) -> bool {
    c.is_ascii_graphic()
        && !matches!(c, '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '{' | '}' | '[' | ']' | ',' | '/' | '?' | '&' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_input_shows_no_credential() {
        assert_eq!(quote("prod_1"), "\"prod_1\"");
        assert_eq!(quote("papi_secret"), "\"papi_…\"");
        assert_eq!(quote("https://h/?key=papi_secret&x=1"), "\"https://h/?key=papi_…&x=1\"");
        assert_eq!(quote("rt_live_secret and mcp_x"), "\"rt_live_… and mcp_…\"");
        assert_eq!(quote("xpapi_secret"), "\"xpapi_…\"");
    }

    #[test]
    fn a_word_that_only_ends_like_a_prefix_is_left_alone() {
        assert_eq!(quote("product_id"), "\"product_id\"");
        assert_eq!(quote("part_one"), "\"part_one\"");
        assert_eq!(quote("rt_report ct_scan"), "\"rt_report ct_scan\"");
        assert!(!holds_key("attest_evidence_judge_agent") && !holds_key("papi_") && holds_key("xpapi_y"));
    }

    #[test]
    fn a_text_cannot_forge_a_line_or_hide_a_part() {
        assert_eq!(visible("a\u{1b}[2J\r\n\u{9b}b"), "a\\u{1b}[2J\\r\\n\\u{9b}b");
        assert_eq!(visible("\u{202e}txt.exe\u{2069}\u{2028}\u{200f}"), "\\u{202e}txt.exe\\u{2069}\\u{2028}\\u{200f}");
        assert!(matches!(visible("größer 漢 😀 é"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_long_input_is_cut_and_control_characters_are_escaped() {
        assert_eq!(quote("a\0b"), "\"a\\0b\"");
        assert!(quote(&"x".repeat(1_000)).chars().count() < 130);
        let long = format!("papi_{}", "k".repeat(10_000_000));
        assert_eq!(quote(&long), "\"papi_……\"");
    }

    #[test]
    fn only_what_is_cut_ends_with_an_ellipsis() {
        assert_eq!(quote(&"x".repeat(120)), format!("\"{}\"", "x".repeat(120)));
        assert_eq!(quote(&"x".repeat(121)), format!("\"{}…\"", "x".repeat(120)));
        // A credential is searched far behind what is shown.
        assert_eq!(quote(&format!("papi_{} tail", "k".repeat(1_800))), "\"papi_… tail\"");
    }

    #[test]
    fn a_prefix_without_a_secret_is_left_alone() {
        assert_eq!(hide_credentials("keys begin with papi_"), "keys begin with papi_");
        assert_eq!(hide_credentials("papi_ or \"papi_\""), "papi_ or \"papi_\"");
    }
}
