//! Suggestions for misspelt names.

/// The known name that is nearest to a misspelt one, if one is near enough.
pub(crate) fn nearest<'n>(given: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let wanted = plain(given);
    let most = (wanted.chars().count() / 3).clamp(1, 3);
    let distances = known.into_iter().map(|name| (distance(&wanted, &plain(name)), name));
    distances.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The end of an error's text: the nearest name, or else all known names.
pub(crate) fn remedy<'n>(given: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    if let Some(name) = nearest(given, known.clone()) {
        return format!("did you mean `{name}`?");
    }
    let names: Vec<_> = known.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "there are none".to_owned() } else { format!("known are {}", names.join(", ")) }
}

/// A text of serde's about an unknown field or variant, with a suggestion at its end.
pub(crate) fn explained(text: &str) -> String {
    let suggestion = ["unknown field `", "unknown variant `"].into_iter().find_map(|beginning| {
        let (_, rest) = text.split_once(beginning)?;
        let (given, rest) = rest.split_once('`')?;
        let (_, expected) = rest.split_once("expected ")?;
        // Between backticks are names, and between those the words around them.
        nearest(given, expected.split('`').skip(1).step_by(2))
    });
    suggestion.map_or_else(|| text.to_owned(), |name| format!("{}; did you mean `{name}`?", text.trim_end()))
}

/// Number of letters to insert, remove, replace or swap.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut row = vec![at + 1];
        for (place, candidate) in other.iter().enumerate() {
            let cell = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let replaced = cell(&last, place) + usize::from(letter != candidate);
            let mut best = replaced.min(cell(&last, place + 1) + 1).min(cell(&row, place) + 1);
            let is_swapped =
                at > 0 && place > 0 && one.get(at - 1) == Some(candidate) && other.get(place - 1) == Some(letter);
            if is_swapped {
                best = best.min(cell(&before, place - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_distant_one_is_not() {
        let known = ["surface", "capability", "latency_ms"];
        assert_eq!(nearest("surfaces", known), Some("surface"));
        assert_eq!(nearest("latencyMs", known), Some("latency_ms"));
        assert_eq!(nearest("capabilty", known), Some("capability"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(remedy("colour", ["echo"]), "known are `echo`");
        assert_eq!(remedy("colour", []), "there are none");
    }

    #[test]
    fn a_text_of_serdes_gets_a_suggestion() {
        let text = explained("unknown field `nmae`, expected one of `slug`, `name`");
        assert_eq!(text, "unknown field `nmae`, expected one of `slug`, `name`; did you mean `name`?");
        assert_eq!(explained("unknown field `zzz`, expected `slug`"), "unknown field `zzz`, expected `slug`");
        assert_eq!(explained("missing field `slug`"), "missing field `slug`");
    }
}
