//! Option rules that are the same in every language.

use super::{
    misspelling::{instead, meant},
    nearest::{Nearness, nearest},
    option_place::{options as options_of_other_functions, place},
    refused,
};
use crate::{
    config::{options, problems::joined, values},
    error::{
        Error,
        spelling::{DURATIONS, spell},
    },
    redact,
};

/// Rejects a client with more than one key source. `given`: the key options that are set, spelled as in that language.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming two of them.
pub fn one_key_source<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
    let mut given = given.into_iter();
    match (given.next(), given.next()) {
        (Some(one), Some(other)) => Err(refused("api_key", &format!("both {one} and {other} are set; pass only one"))),
        _ => Ok(()),
    }
}

/// Converts a number of retries from another language, where it may be negative, fractional or very large.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the option.
pub fn max_retries(value: f64) -> Result<u32, Error> {
    options::max_retries(values::whole_number("max_retries", value)?)
}

/// Whether "none" has a meaning of its own for an option: no limit for durations, and any key for the prefix. For all others it
/// counts as not given.
#[must_use]
pub fn has_none(option: &str) -> bool {
    DURATIONS.contains(&option) || option == "api_key_prefix"
}

/// The error of options that a function does not take: what each was meant to be, or where it belongs. `arguments` are those of
/// the function's arguments that can be passed by name, `takes` its options, `given` the wrong ones, all as the application
/// writes them.
#[must_use]
pub fn unknown_options(function: &str, arguments: &[String], takes: &[String], given: &[String]) -> Error {
    let advice: Vec<(String, Option<String>)> =
        given.iter().map(|name| (shown(name), advice(name, arguments, takes).filter(|_| is_name(name)))).collect();
    let all = || format!("it takes {}", takes.join(", "));
    let text = match advice.as_slice() {
        [(name, advice)] => {
            format!("{function} has no option {name}: {}", advice.clone().unwrap_or_else(all))
        }
        several => {
            let mut lines = vec![format!("{function} has none of these options:")];
            lines.extend(several.iter().map(|(name, advice)| match advice {
                Some(advice) => format!("{name}: {advice}"),
                None => format!("{name}: no option has a similar name"),
            }));
            if several.iter().all(|(_, advice)| advice.is_none()) {
                lines.push(all());
            }
            joined(lines.iter().map(String::as_str))
        }
    };
    let option = given.first().filter(|name| is_name(name)).cloned().unwrap_or_else(|| "options".to_owned());
    Error::configuration_text(option, text)
}

/// What to do about an option that a function does not take.
fn advice(given: &str, arguments: &[String], takes: &[String]) -> Option<String> {
    let takes = || takes.iter().map(String::as_str);
    let near = nearest(given, takes());
    let did_you_mean = |name: &str| Some(format!("did you mean {name}?"));
    if let Some((Nearness::Same, name)) = near {
        return did_you_mean(name);
    }
    if let Some((Nearness::Same | Nearness::Letters(1), name)) = nearest(given, arguments.iter().map(String::as_str)) {
        return did_you_mean(name);
    }
    if let Some(name) = meant(given).find_map(|option| takes().find(|name| *name == spell(option))) {
        return did_you_mean(name);
    }
    let elsewhere: Vec<_> = options_of_other_functions().map(|option| (spell(option), option)).collect();
    if let Some(place) = elsewhere.iter().find(|(name, _)| name == given).and_then(|(_, option)| place(option)) {
        return Some(format!("it is an option of {place}"));
    }
    if let Some(remedy) = instead(given) {
        return Some(remedy);
    }
    if let Some((Nearness::Letters(_), name)) = near {
        return did_you_mean(name);
    }
    let by_letters = nearest(given, elsewhere.iter().map(|(name, _)| &**name));
    let by_letters = by_letters.filter(|(nearness, _)| !matches!(nearness, Nearness::Part(_)));
    let by_letters = by_letters.and_then(|(_, near)| elsewhere.iter().find(|(name, _)| name == near));
    for option in meant(given).chain(by_letters.map(|(_, option)| *option)) {
        if let Some(place) = place(option) {
            return Some(format!("did you mean {}, an option of {place}?", spell(option)));
        }
    }
    near.and_then(|(_, name)| did_you_mean(name))
}

/// The name of an unknown option, unless it may be a key.
fn shown(name: &str) -> String {
    if is_name(name) { redact::quote(name) } else { "(a name that is not shown: it may be a key)".to_owned() }
}

/// Whether a text can be the name of an option. Keys are longer, or have many digits.
fn is_name(text: &str) -> bool {
    const LONGEST: usize = 40;
    const MOST_DIGITS: usize = 3;
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '$');
    text.len() <= LONGEST
        && text.chars().all(is_plain)
        && text.chars().filter(char::is_ascii_digit).count() <= MOST_DIGITS
        && !redact::holds_key(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_given_in_one_way() {
        assert!(one_key_source([]).is_ok() && one_key_source(["apiKey"]).is_ok());
        let error = one_key_source(["api_key", "api_key_file", "api_key_variable"]).unwrap_err();
        assert_eq!(error.option(), Some("api_key"));
        assert_eq!(error.to_string(), "api_key: both api_key and api_key_file are set; pass only one");
    }

    /// What a call takes in these tests.
    fn of_call(given: &[&str]) -> String {
        let takes = ["timeout", "attempt_timeout", "max_retries", "retry_mode", "headers", "via_dispatch"];
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        unknown_options("call()", &owned(&["capability", "input"]), &owned(&takes), &owned(given)).to_string()
    }

    #[test]
    fn a_misspelt_option_suggests_the_one_that_was_meant() {
        for (given, expected) in [
            ("timout", "did you mean timeout?"),
            ("timeoutMs", "did you mean timeout?"),
            ("retries", "did you mean max_retries?"),
            ("read_timeout", "did you mean attempt_timeout?"),
            ("header", "did you mean headers?"),
            ("idempotent", "did you mean retry_mode?"),
            ("concurrency", "it is an option of call_many()"),
            ("max_workers", "did you mean concurrency, an option of call_many()?"),
            ("concurency", "did you mean concurrency, an option of call_many()?"),
            ("verify", "did you mean root_certificates, an option of the client?"),
            ("baseUrl", "did you mean base_url, an option of the client?"),
            ("stream", "call stream() for a stream of events"),
            ("json", "pass the input as the argument after the capability"),
            ("inputs", "did you mean input?"),
            ("http_client", "no HTTP client can be passed in: it might follow redirects with the key"),
            ("event_hooks", "pass before_attempt and after_attempt to the client"),
            ("idempotency_key", "there is none: retry_mode says what is retried"),
            ("response_model", "outputs are not validated: check what is returned"),
            ("signal", "cancel the asyncio task that awaits the call"),
            ("with_options", "pass the options to each call, or create a client that has them"),
        ] {
            assert_eq!(of_call(&[given]), format!("call() has no option \"{given}\": {expected}"));
        }
    }

    #[test]
    fn the_prefix_of_an_environment_is_meant_before_the_client_s_option() {
        let text = unknown_options("from_env()", &[], &["prefix".to_owned()], &["env_prefix".to_owned()]).to_string();
        assert_eq!(text, "from_env() has no option \"env_prefix\": did you mean prefix?");
    }

    #[test]
    fn all_wrong_options_are_named_at_once() {
        assert_eq!(
            of_call(&["retries", "max_workers", "speed"]),
            "call() has none of these options:\n\
             \"retries\": did you mean max_retries?\n\
             \"max_workers\": did you mean concurrency, an option of call_many()?\n\
             \"speed\": no option has a similar name"
        );
        let many = of_call(&["retries", "max_workers", "speed", "proxy", "stream", "json"]);
        assert_eq!(many.lines().count(), 4, "{many}");
        for name in ["retries", "max_workers", "speed", "proxy", "stream", "json"] {
            assert!(many.contains(&format!("\"{name}\": ")), "{many}");
        }
    }

    #[test]
    fn all_options_are_listed_only_where_none_is_near() {
        let all = "it takes timeout, attempt_timeout, max_retries, retry_mode, headers, via_dispatch";
        assert_eq!(of_call(&["speed"]), format!("call() has no option \"speed\": {all}"));
        assert!(of_call(&["speed", "colour"]).ends_with(all));
        assert!(!of_call(&["speed", "timout"]).contains(all));
    }

    #[test]
    fn a_name_that_may_be_a_key_is_not_shown() {
        for name in ["papi_abcdefgh", "sk0123456789abcdef", "two words", &"a".repeat(41)] {
            let text = of_call(&[name]);
            assert!(!text.contains(name) && text.contains("not shown"), "{text}");
        }
    }

    #[test]
    fn a_number_of_retries_is_refused_as_it_was_given() {
        assert_eq!(max_retries(3.0).unwrap(), 3);
        for (value, text) in
            [(-1.0, "-1 is out of range: pass 0 to 100"), (0.5, "0.5 is not"), (101.0, "101 is out of range")]
        {
            assert!(max_retries(value).unwrap_err().to_string().contains(text), "{value}");
        }
        let error = max_retries(8_589_934_592.0).unwrap_err();
        assert!(error.to_string().contains("8589934592 is out of range: pass 0 to 100"), "{error}");
    }
}
