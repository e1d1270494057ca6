//! The option whose name is nearest to a misspelt one.

/// How near a name is, the smallest the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    /// The same but for case, underscores and units.
    Same,
    /// A few letters apart.
    Letters(usize),
    /// One is a part of the other.
    Part(usize),
}

/// The name that is nearest to the given one, if any is near enough.
pub(super) fn nearest<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Option<(Nearness, &'a str)> {
    let given = plain(given);
    names.filter_map(|name| Some((nearness(&given, &plain(name))?, name))).min_by_key(|(nearness, _)| *nearness)
}

/// A name without what languages write differently: `maxRetries`, `max-retries` and `max_retries`; `timeoutMs` and `timeout`.
pub(super) fn plain(name: &str) -> String {
    let mut plain: String = name.chars().filter(|character| !matches!(character, '_' | '-')).collect();
    plain.make_ascii_lowercase();
    match plain.strip_suffix("ms") {
        Some(rest) => rest.to_owned(),
        None => plain,
    }
}

fn nearness(given: &str, name: &str) -> Option<Nearness> {
    /// Shorter parts are in every second name.
    const SHORTEST_PART: usize = 4;
    if given == name {
        return Some(Nearness::Same);
    }
    let letters = edits(given, name);
    if letters <= 1 + name.len() / 4 && letters < given.len() {
        return Some(Nearness::Letters(letters));
    }
    let is_part = given.len() >= SHORTEST_PART && name.contains(given);
    (is_part || name.len() >= SHORTEST_PART && given.contains(name)).then_some(Nearness::Part(letters))
}

/// The number of letters to insert, delete, replace, or swap with the next one.
fn edits(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.iter().enumerate() {
        let mut this = vec![line + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = at(&last, column) + usize::from(letter != other);
            let mut fewest = replaced.min(at(&last, column + 1) + 1).min(at(&this, column) + 1);
            let before = line.checked_sub(1).zip(column.checked_sub(1));
            if let Some((up, left)) = before
                && from.get(up) == Some(other)
                && to.get(left) == Some(letter)
            {
                fewest = fewest.min(at(&before_last, left) + 1);
            }
            this.push(fewest);
        }
        before_last = std::mem::replace(&mut last, this);
    }
    at(&last, to.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_another_language_is_the_same_name() {
        for name in ["maxRetries", "max-retries", "MAX_RETRIES"] {
            assert_eq!(nearest(name, ["max_retries"].into_iter()), Some((Nearness::Same, "max_retries")));
        }
        assert_eq!(nearest("timeout_ms", ["timeoutMs"].into_iter()), Some((Nearness::Same, "timeoutMs")));
    }

    #[test]
    fn letters_that_are_swapped_missing_or_wrong_are_few_edits() {
        for (from, to, expected) in
            [("timout", "timeout", 1), ("tiemout", "timeout", 1), ("abc", "xyz", 3), ("", "ab", 2)]
        {
            assert_eq!(edits(from, to), expected, "{from}");
        }
        assert_eq!(nearest("speed", ["timeout", "headers"].into_iter()), None);
    }
}
