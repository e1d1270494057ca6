//! What the fuzz targets share: a count of the bytes that were tried, and the forms in which a server may repeat the key.

use std::sync::{
    Once,
    atomic::{AtomicU64, Ordering},
};

use runtype_surface::fuzzing::KEY;

static BYTES: AtomicU64 = AtomicU64::new(0);
static AT_EXIT: Once = Once::new();

unsafe extern "C" {
    fn atexit(callback: extern "C" fn()) -> i32;
}

extern "C" fn print_bytes() {
    println!("fuzzed bytes: {}", BYTES.load(Ordering::Relaxed));
}

/// Counts an input. The sum is printed when the process exits.
pub fn count(input: &[u8]) {
    // SAFETY: `atexit` of the C library takes a function that may run at any later time; this one only reads a static.
    AT_EXIT.call_once(|| unsafe {
        atexit(print_bytes);
    });
    BYTES.fetch_add(input.len() as u64, Ordering::Relaxed);
}

/// Replaces bytes that text never has (0xF8 to 0xFD) with the key, in the forms that SECURITY.md names.
#[must_use]
pub fn with_keys(input: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(input.len());
    let mut rest = input.iter();
    while let Some(byte) = rest.next() {
        match byte {
            0xF8 => result.extend_from_slice(KEY.as_bytes()),
            0xF9 => result.extend_from_slice(KEY.to_ascii_uppercase().as_bytes()),
            0xFA => KEY.bytes().for_each(|byte| result.extend_from_slice(format!("%{byte:02x}").as_bytes())),
            0xFB => KEY.bytes().for_each(|byte| result.extend_from_slice(format!("\\u00{byte:02X}").as_bytes())),
            // Each bit of the next byte chooses the form of a character.
            0xFC => {
                let form = rest.next().copied().unwrap_or_default();
                for (at, byte) in KEY.bytes().enumerate() {
                    match form >> (at % 4 * 2) & 3 {
                        0 => result.push(byte),
                        1 => result.extend_from_slice(format!("%{byte:02X}").as_bytes()),
                        2 => result.extend_from_slice(format!("\\u00{byte:02x}").as_bytes()),
                        _ => result.push(byte.to_ascii_uppercase()),
                    }
                }
            }
            // A part of the key.
            0xFD => {
                let length = usize::from(rest.next().copied().unwrap_or_default()) % KEY.len();
                result.extend_from_slice(&KEY.as_bytes()[..length]);
            }
            other => result.push(*other),
        }
    }
    result
}

/// Whether an output has the key, literally or after one reading of `%HH`, `\u00HH` or `\/`, in either case. Written without
/// the scrubber's code, to judge it.
#[must_use]
pub fn has_key(output: &[u8]) -> bool {
    let wanted = KEY.to_ascii_lowercase();
    let plain = String::from_utf8_lossy(output).to_ascii_lowercase();
    if plain.contains(&wanted) {
        return true;
    }
    let mut decoded = String::new();
    let mut rest = plain.as_str();
    while let Some(c) = rest.chars().next() {
        let hex = |text: &str| text.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let unicode = rest.strip_prefix("\\u00").and_then(|after| Some((hex(after)?, 6)));
        let percent = rest.strip_prefix('%').and_then(|after| Some((hex(after)?, 3)));
        let length = match unicode.or(percent) {
            Some((byte, length)) => {
                decoded.push(char::from(byte).to_ascii_lowercase());
                length
            }
            None if rest.starts_with("\\/") => {
                decoded.push('/');
                2
            }
            None => {
                decoded.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    decoded.contains(&wanted)
}
