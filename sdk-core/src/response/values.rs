//! The number of values in a JSON text, which limits the time and memory that decoding it takes.

/// Smaller bodies are not counted.
pub(crate) const COUNTED_BYTES: usize = 1024 * 1024;

/// Fewer values are always accepted.
const ALWAYS_ACCEPTED: u64 = 1024 * 1024;

/// Bytes of the size limit per value. An empty object takes 3 bytes on the wire and about 100 in memory, so a limit on bytes alone
/// would let a response of 64 MiB take gigabytes.
const BYTES_PER_VALUE: u64 = 16;

/// Maximum number of values in a response with this size limit.
pub(crate) fn most_values(max_response_bytes: u64) -> u64 {
    (max_response_bytes / BYTES_PER_VALUE).max(ALWAYS_ACCEPTED)
}

/// The number of values in a JSON text, counted by the characters between them: a fast upper bound.
pub(crate) fn count_values(json: &[u8]) -> u64 {
    let mut count = 1;
    let mut rest = json;
    while let [byte, after @ ..] = rest {
        rest = match byte {
            b'"' => after_string(after),
            b'{' | b'[' | b',' => {
                count += 1;
                after
            }
            _ => after,
        };
    }
    count
}

/// The text after the end of a string.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let is_end = rest.get(at) == Some(&b'"');
        rest = rest.get(at + if is_end { 1 } else { 2 }..).unwrap_or_default();
        if is_end {
            return rest;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_their_texts_are_not() {
        for (json, count) in [
            ("null", 1),
            ("[]", 2),
            (r#"[{},{},{}]"#, 7),
            (r#"{"a,{[":"\"},{,,","b\\":[1,2]}"#, 5),
            (r#""unterminated , [ \"#, 1),
        ] {
            assert_eq!(count_values(json.as_bytes()), count, "{json}");
        }
    }

    #[test]
    fn the_limit_follows_the_limit_of_bytes() {
        assert_eq!(most_values(64 * 1024 * 1024), 4 * 1024 * 1024);
        assert_eq!(most_values(1000), 1024 * 1024);
    }
}
