//! The names that a template uses. minijinja looks up filters and tests when they are applied; a misspelt one is found here, when
//! the configuration is read.

use std::collections::HashSet;

use minijinja::{Environment, ErrorKind};

use crate::suggest::remedy;

/// Variables of every template.
const VARIABLES: [&str; 4] = ["input", "capability", "call", "execution_id"];

/// The usual filters and tests, for suggestions.
const FILTERS: [&str; 24] = [
    "abs",
    "batch",
    "capitalize",
    "default",
    "first",
    "float",
    "format",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "replace",
    "reverse",
    "round",
    "sort",
    "title",
    "trim",
    "upper",
];
const TESTS: [&str; 14] = [
    "boolean",
    "defined",
    "divisibleby",
    "even",
    "in",
    "integer",
    "iterable",
    "mapping",
    "none",
    "number",
    "odd",
    "sequence",
    "string",
    "undefined",
];

/// Rejects names that the environment does not have. `used` are the variables that the template does not set itself.
pub(super) fn check(text: &str, used: HashSet<String>, environment: &Environment<'_>) -> Result<(), String> {
    let globals: Vec<_> = environment.globals().map(|(name, _)| name.to_owned()).collect();
    let known = VARIABLES.into_iter().chain(globals.iter().map(String::as_str));
    let mut unknown: Vec<_> = used.iter().filter(|name| !known.clone().any(|known| known == name.as_str())).collect();
    unknown.sort();
    if let Some(name) = unknown.first() {
        return Err(format!("the template {text:?} has no variable `{name}`; {}", remedy(name, known)));
    }
    let is_unknown = |expression: String, kind: ErrorKind| {
        let outcome = environment.compile_expression(&expression).and_then(|compiled| compiled.eval(()));
        outcome.is_err_and(|error| error.kind() == kind)
    };
    for name in names(text) {
        let (what, name, known, is_unknown) = match name {
            Name::Filter(name) => {
                ("filter", name, &FILTERS[..], is_unknown(format!("0|{name}"), ErrorKind::UnknownFilter))
            }
            Name::Test(name) => ("test", name, &TESTS[..], is_unknown(format!("0 is {name}"), ErrorKind::UnknownTest)),
        };
        if is_unknown {
            return Err(format!(
                "the template {text:?} has no {what} `{name}`; {}",
                remedy(name, known.iter().copied())
            ));
        }
    }
    Ok(())
}

/// A name in a template.
enum Name<'t> {
    Filter(&'t str),
    Test(&'t str),
}

/// The filters and tests of a template.
fn names(text: &str) -> Vec<Name<'_>> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let tag = rest.get(at..).unwrap_or_default();
        let (inner, end) = match tag.get(..2) {
            Some("{#") => ("", tag.find("#}").map_or(tag.len(), |end| end + 2)),
            Some("{%") => enclosed(tag, "%}"),
            _ => enclosed(tag, "}}"),
        };
        let words: Vec<_> = words(inner).collect();
        for (at, word) in words.iter().enumerate() {
            let following = |steps: usize| words.get(at + steps).copied().filter(|name| is_name(name));
            let name = match *word {
                "|" => following(1).map(Name::Filter),
                "filter" if at == 0 && tag.starts_with("{%") => following(1).map(Name::Filter),
                "is" if following(1) == Some("not") => following(2).map(Name::Test),
                "is" if at > 0 => following(1).map(Name::Test),
                _ => None,
            };
            names.extend(name);
        }
        rest = tag.get(end..).unwrap_or_default();
        if words.first() == Some(&"raw") {
            rest = rest.split_once("endraw").map_or("", |(_, rest)| rest);
        }
    }
    names
}

/// The inside of a tag, and its length with its end.
fn enclosed<'t>(tag: &'t str, end: &str) -> (&'t str, usize) {
    let mut quote = None;
    for (at, letter) in tag.char_indices().skip(2) {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (None, _) if tag.get(at..).is_some_and(|rest| rest.starts_with(end)) => {
                return (tag.get(2..at).unwrap_or_default(), at + end.len());
            }
            _ => {}
        }
    }
    (tag.get(2..).unwrap_or_default(), tag.len())
}

/// The names and bars of an expression, without what is quoted.
fn words(inner: &str) -> impl Iterator<Item = &str> {
    let mut rest = inner;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(['-', '+']).trim_start();
            let letter = rest.chars().next()?;
            let length = match letter {
                '"' | '\'' => {
                    rest.char_indices().skip(1).find(|(_, next)| *next == letter).map_or(rest.len(), |(at, _)| at + 1)
                }
                letter if letter.is_alphanumeric() || letter == '_' => {
                    rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len())
                }
                letter => letter.len_utf8(),
            };
            let (word, after) = rest.split_at(length);
            rest = after;
            if word == "|" || is_name(word) {
                return Some(word);
            }
        }
    })
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
