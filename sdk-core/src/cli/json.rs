//! JSON text on one line or indented, with every number and string unchanged.

/// Writes valid JSON on one line, without blanks between its parts.
pub(super) fn compact(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for part in parts(json) {
        text.push_str(part);
    }
    text
}

/// Writes valid JSON as people read it: one member per line, indented by two blanks.
pub(super) fn indented(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut parts = parts(json).peekable();
    let new_line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(part) = parts.next() {
        match part {
            "{" | "[" => {
                text.push_str(part);
                if let Some(end) = parts.next_if(|next| matches!(*next, "}" | "]")) {
                    text.push_str(end);
                } else {
                    depth += 1;
                    new_line(&mut text, depth);
                }
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                new_line(&mut text, depth);
                text.push_str(part);
            }
            "," => {
                text.push(',');
                new_line(&mut text, depth);
            }
            ":" => text.push_str(": "),
            _ => text.push_str(part),
        }
    }
    text
}

/// The parts of JSON text: brackets, commas, colons, strings, and other values.
fn parts(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let first = rest.chars().next()?;
        let length = match first {
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            '"' => string_length(rest),
            _ => rest.find(['{', '}', '[', ']', ',', ':', '"', ' ', '\t', '\n', '\r']).unwrap_or(rest.len()),
        };
        let (part, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(part)
    })
}

/// The length of the string that a text begins with, in bytes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "{ \"a\" : [1.2349999999999999, 1e400,\n\"x, \\\" {y} \"], \"b\":{}, \"c\":[ ], \"d\":null}";

    #[test]
    fn numbers_and_strings_are_unchanged() {
        assert_eq!(compact(JSON), r#"{"a":[1.2349999999999999,1e400,"x, \" {y} "],"b":{},"c":[],"d":null}"#);
        let expected = "{\n  \"a\": [\n    1.2349999999999999,\n    1e400,\n    \"x, \\\" {y} \"\n  ],\n  \"b\": {},\n  \"c\": [],\n  \"d\": null\n}";
        assert_eq!(indented(JSON), expected);
        assert_eq!((indented("\"ü\"").as_str(), compact(" 1 ").as_str()), ("\"ü\"", "1"));
    }
}
