//! All problems of a configuration, reported as one error.

use std::collections::HashSet;

use crate::error::{Error, spelling::spell};

/// Most lines of an error's text.
const MOST_LINES: usize = 4;

/// Most problems in one error's text. A broken program can have any number.
const MOST_PROBLEMS: usize = 10;

/// Problems in the order found. A clone has no sources of errors.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Error>);

impl Problems {
    pub(crate) fn push(&mut self, problem: Error) {
        self.0.push(problem);
    }

    /// The value, or none where it is a problem.
    pub(crate) fn keep<T>(&mut self, checked: Result<T, Error>) -> Option<T> {
        checked.map_err(|problem| self.push(problem)).ok()
    }

    /// Whether one of these options has a problem.
    pub(crate) fn concern(&self, options: &[&str]) -> bool {
        self.0.iter().any(|problem| options.iter().any(|option| problem.option() == Some(&*spell(option))))
    }

    /// Fails with all problems, if there are any.
    pub(crate) fn check(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }

    /// One error with the texts of all. Its other fields are those of the first problem.
    pub(crate) fn into_error(self) -> Error {
        let text = joined(self.0.iter().map(Error::text));
        let Some(first) = self.0.into_iter().next() else {
            return Error::configuration("client", "its configuration is incomplete");
        };
        let mut facts = first.into_facts();
        facts.text = text;
        Error::new(facts)
    }
}

impl Clone for Problems {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(Error::again).collect())
    }
}

/// Joins texts to one of at most [`MOST_LINES`] lines.
pub(crate) fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut texts: Vec<&str> = texts.collect();
    let mut seen = HashSet::new();
    texts.retain(|text| seen.insert(*text));
    let more = texts.len().saturating_sub(MOST_PROBLEMS);
    texts.truncate(MOST_PROBLEMS);
    let rest = format!("and {more} more");
    if more > 0 {
        texts.push(&rest);
    }
    if texts.iter().map(|text| text.lines().count()).sum::<usize>() <= MOST_LINES {
        return texts.join("\n");
    }
    let mut lines: Vec<String> = texts.iter().map(|text| one_line(text)).collect();
    if texts.len() > MOST_LINES {
        let last = lines.split_off(MOST_LINES - 1).join("; ");
        lines.push(last);
    }
    lines.join("\n")
}

fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for part in text.lines() {
        if !line.is_empty() {
            line.push_str(if line.ends_with(['.', ':', '?']) { " " } else { ". " });
        }
        line.push_str(part);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(options: &[&str]) -> Problems {
        let mut problems = Problems::default();
        for option in options {
            problems.push(Error::configuration(option, "wrong"));
        }
        problems
    }

    #[test]
    fn a_problem_is_told_once_and_thousands_are_counted() {
        assert_eq!(of(&["timeout", "timeout"]).into_error().to_string(), "timeout: wrong");
        let options: Vec<String> = (0..30_000).map(|at| format!("x{at}")).collect();
        let text = of(&options.iter().map(String::as_str).collect::<Vec<_>>()).into_error().to_string();
        assert!(text.ends_with("x9: wrong; and 29990 more"), "{text}");
        assert!(text.lines().count() <= MOST_LINES && text.len() < 300, "{text}");
    }

    #[test]
    fn all_problems_are_one_error_of_the_first_option() {
        let error = of(&["timeout", "max_retries"]).check().unwrap_err();
        assert_eq!(error.option(), Some("timeout"));
        assert_eq!(error.to_string(), "timeout: wrong\nmax_retries: wrong");
        assert!(Problems::default().check().is_ok());
    }

    #[test]
    fn many_problems_take_four_lines_and_none_is_left_out() {
        let text = of(&["a", "b", "c", "d", "e"]).into_error().to_string();
        assert_eq!(text, "a: wrong\nb: wrong\nc: wrong\nd: wrong; e: wrong");
        let mut problems = of(&["a", "b", "c"]);
        problems.push(Error::configuration("d", "missing\nSet D."));
        assert_eq!(problems.clone().into_error().to_string(), "a: wrong\nb: wrong\nc: wrong\nd: missing. Set D.");
        assert!(problems.concern(&["x", "d"]) && !problems.concern(&["x"]));
    }
}
