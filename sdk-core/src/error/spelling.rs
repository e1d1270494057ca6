//! Spelling of options and durations in error texts.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicBool, AtomicU8, Ordering},
};

/// Language family of the application, which sets the spelling in error texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Language {
    /// `max_retries`, as in Rust and Python. The default.
    Snake,
    /// `maxRetries`; names of durations end in `Ms`.
    Camel,
    /// `--max-retries`, for the command.
    Command,
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

/// Whether this library is loaded by Node, also while the command runs there.
static IS_NODE: AtomicBool = AtomicBool::new(false);

/// Sets the spelling of all later error texts.
pub(crate) fn set_language(language: Language) {
    IS_NODE.fetch_or(language == Language::Camel, Ordering::Relaxed);
    LANGUAGE.store(language as u8, Ordering::Relaxed);
}

/// The name of an option in the application's spelling. Other names, such as those of variables, are unchanged.
pub(crate) fn spell(option: &str) -> Cow<'_, str> {
    if is_camel() {
        camel(option)
    } else if is_command() {
        dashed(option)
    } else {
        Cow::Borrowed(option)
    }
}

/// The option that a key can be passed by. The command takes none: arguments are visible to other users of the machine.
pub(crate) fn key_option() -> Cow<'static, str> {
    spell(if is_command() { "api_key_file" } else { "api_key" })
}

/// How the OpenAPI document is fetched.
pub(crate) fn openapi() -> &'static str {
    if is_command() { "`runtype-surface openapi`" } else { "`openapi()`" }
}

fn dashed(option: &str) -> Cow<'_, str> {
    match option {
        // Of the command these are no options.
        "api_key" | "input" | "capability" | "user_agent" | "transport" => Cow::Owned(option.replace('_', " ")),
        "headers" => Cow::Borrowed("--header"),
        "root_certificates" => Cow::Borrowed("--root-certificate"),
        _ if is_name(option) => Cow::Owned(format!("--{}", option.replace('_', "-"))),
        _ => Cow::Borrowed(option),
    }
}

/// Whether it is the name of an option, not of a variable.
fn is_name(option: &str) -> bool {
    option.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn camel(option: &str) -> Cow<'_, str> {
    if !is_name(option) {
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
    let between = match language() {
        Language::Snake => "=",
        Language::Camel => ": ",
        Language::Command => " ",
    };
    format!("{}{between}{value}", spell(option))
}

/// An option with a text, in the quotes of its language: `trust="system"`, `trust: 'system'`.
pub(crate) fn quoted_setting(option: &str, value: &str) -> String {
    match language() {
        Language::Snake => setting(option, format_args!("\"{value}\"")),
        Language::Camel => setting(option, format_args!("'{value}'")),
        Language::Command => setting(option, value),
    }
}

/// The value that means "none".
pub(crate) fn none() -> &'static str {
    match language() {
        Language::Snake => "None",
        Language::Camel => "null",
        Language::Command => "none",
    }
}

/// Whether the application writes names in camel case.
pub(crate) fn is_camel() -> bool {
    language() == Language::Camel
}

/// Whether the application runs in Node, whose own variables count then.
pub(crate) fn is_node() -> bool {
    IS_NODE.load(Ordering::Relaxed)
}

fn is_command() -> bool {
    language() == Language::Command
}

fn language() -> Language {
    let language = LANGUAGE.load(Ordering::Relaxed);
    [Language::Camel, Language::Command].into_iter().find(|known| *known as u8 == language).unwrap_or(Language::Snake)
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
    fn an_option_is_named_as_the_command_writes_it() {
        for (option, expected) in [
            ("max_retries", "--max-retries"),
            ("headers", "--header"),
            ("root_certificates", "--root-certificate"),
            ("api_key", "api key"),
            ("input", "input"),
            ("RUNTYPE_PRODUCT_ID", "RUNTYPE_PRODUCT_ID"),
        ] {
            assert_eq!(dashed(option), expected);
        }
        assert_eq!((&*key_option(), openapi()), ("api_key", "`openapi()`"));
    }

    #[test]
    fn a_duration_has_its_unit() {
        let shown =
            [20_000, 1_500, 1_000, 999, 250, 0].map(|milliseconds| duration(Duration::from_millis(milliseconds)));
        assert_eq!(shown, ["20 s", "1.5 s", "1 s", "999 ms", "250 ms", "0 ms"]);
    }

    #[test]
    fn a_setting_is_written_as_in_a_call() {
        assert_eq!(quoted_setting("trust", "system"), "trust=\"system\"");
        assert_eq!((setting("max_retries", 0).as_str(), none()), ("max_retries=0", "None"));
    }
}
