//! Spelling of options and durations in error texts.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicU8, Ordering},
};

/// Language family of the application, which sets the spelling in error texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Language {
    /// `max_retries`, as in Rust and Python. The default.
    Snake,
    /// `maxRetries`; names of durations end in `Ms`.
    Camel,
}

/// Set once, when a binding is loaded. Each binding is a separate library with its own copy.
static LANGUAGE: AtomicU8 = AtomicU8::new(Language::Snake as u8);

/// Options that are durations.
pub(crate) const DURATIONS: [&str; 7] = [
    "timeout",
    "connect_timeout",
    "attempt_timeout",
    "stream_idle_timeout",
    "stream_timeout",
    "max_retry_wait",
    "max_window_wait",
];

/// Sets the spelling of all later error texts.
pub(crate) fn set_language(language: Language) {
    LANGUAGE.store(language as u8, Ordering::Relaxed);
}

/// The name of an option in the application's spelling. Other names, such as those of variables, are unchanged.
pub(crate) fn spell(option: &str) -> Cow<'_, str> {
    if is_camel() { camel(option) } else { Cow::Borrowed(option) }
}

fn camel(option: &str) -> Cow<'_, str> {
    if !option.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Cow::Borrowed(option);
    }
    let mut spelled = String::with_capacity(option.len() + 2);
    let mut is_begin_of_word = false;
    for character in option.chars() {
        match character {
            '_' => is_begin_of_word = true,
            _ if std::mem::take(&mut is_begin_of_word) => spelled.push(character.to_ascii_uppercase()),
            _ => spelled.push(character),
        }
    }
    if DURATIONS.contains(&option) {
        spelled.push_str("Ms");
    }
    Cow::Owned(spelled)
}

/// An option with a value, as it is written in a call: `max_retries=0`, `maxRetries: 0`.
pub(crate) fn setting(option: &str, value: impl std::fmt::Display) -> String {
    format!("{}{}{value}", spell(option), if is_camel() { ": " } else { "=" })
}

/// The value that means "none".
pub(crate) fn none() -> &'static str {
    if is_camel() { "null" } else { "None" }
}

/// Whether the application writes names in camel case.
pub(crate) fn is_camel() -> bool {
    LANGUAGE.load(Ordering::Relaxed) == Language::Camel as u8
}

/// A duration with its unit: `20 s`, `1.5 s`, `250 ms`.
pub(crate) fn duration(time: std::time::Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 {
        return format!("{} ms", (seconds * 1e4).round() / 10.0);
    }
    format!("{} s", (seconds * 1e3).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_option_is_named_as_javascript_writes_it() {
        for (option, expected) in [
            ("max_retries", "maxRetries"),
            ("timeout", "timeoutMs"),
            ("stream_idle_timeout", "streamIdleTimeoutMs"),
            ("headers", "headers"),
            ("RUNTYPE_PRODUCT_ID", "RUNTYPE_PRODUCT_ID"),
        ] {
            assert_eq!(camel(option), expected);
        }
        assert_eq!(spell("max_retries"), "max_retries");
    }

    #[test]
    fn a_duration_has_its_unit() {
        let shown =
            [20_000, 1_500, 1_000, 999, 250, 0].map(|milliseconds| duration(Duration::from_millis(milliseconds)));
        assert_eq!(shown, ["20 s", "1.5 s", "1 s", "999 ms", "250 ms", "0 ms"]);
    }

    #[test]
    fn a_setting_is_written_as_in_a_call() {
        assert_eq!((setting("max_retries", 0).as_str(), none()), ("max_retries=0", "None"));
    }
}
