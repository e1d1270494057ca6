//! The option that a misspelt name was meant to be.

/// Longer than every option: what is longer is no misspelling.
const LONGEST: usize = 40;

/// The option that is nearest to a name, if any is near enough.
pub(super) fn nearest<'a>(given: &str, names: &'a [String]) -> Option<&'a str> {
    if given.len() > LONGEST {
        return None;
    }
    let given = plain(given);
    let ranked = names.iter().filter_map(|name| Some((rank(&given, &plain(name))?, name)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, name)| name.as_str())
}

/// A name without what other languages write otherwise: `maxRetries`, `timeoutMs` and `max_retries`.
fn plain(name: &str) -> String {
    let mut plain: String = name.chars().filter(|character| *character != '_').collect();
    plain.make_ascii_lowercase();
    plain.strip_suffix("ms").map(str::to_owned).unwrap_or(plain)
}

/// How near a name is, the smallest the nearest: a few letters apart, then a part of the name, then the name a part of it.
fn rank(given: &str, name: &str) -> Option<(usize, usize)> {
    /// Shorter parts are in every second name.
    const SHORTEST_PART: usize = 4;
    let letters = edits(given, name);
    if letters <= 1 + name.len() / 4 && letters < given.len() {
        return Some((0, letters));
    }
    if given.len() >= SHORTEST_PART && name.contains(given) {
        return Some((1, letters));
    }
    (name.len() >= SHORTEST_PART && given.contains(name)).then_some((2, letters))
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
