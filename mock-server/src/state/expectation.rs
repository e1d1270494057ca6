//! Expectations on the number of calls of a capability.

use std::{
    fmt,
    ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeToInclusive},
};

use crate::state::journal::Entry;

/// Expected number of calls: a number, or a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    least: u64,
    most: u64,
}

impl Times {
    fn holds(self, seen: u64) -> bool {
        (self.least..=self.most).contains(&seen)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (least, most) if least == most => write!(f, "{least}"),
            (least, u64::MAX) => write!(f, "at least {least}"),
            (0, most) => write!(f, "at most {most}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

impl From<u64> for Times {
    fn from(times: u64) -> Self {
        Self { least: times, most: times }
    }
}

impl From<Range<u64>> for Times {
    fn from(range: Range<u64>) -> Self {
        Self { least: range.start, most: range.end.saturating_sub(1) }
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self { least: *range.start(), most: *range.end() }
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(range: RangeFrom<u64>) -> Self {
        Self { least: range.start, most: u64::MAX }
    }
}

impl From<RangeToInclusive<u64>> for Times {
    fn from(range: RangeToInclusive<u64>) -> Self {
        Self { least: 0, most: range.end }
    }
}

impl From<RangeFull> for Times {
    fn from(_: RangeFull) -> Self {
        Self { least: 0, most: u64::MAX }
    }
}

/// Expectation on one capability, with its count.
#[derive(Debug, Clone)]
pub struct Expectation {
    pub(crate) surface: String,
    pub(crate) capability: String,
    pub(crate) times: Times,
    /// Count only calls that ran the capability; otherwise also rejected ones.
    pub(crate) ran: bool,
    pub(crate) status: Option<u16>,
    pub(crate) seen: u64,
}

impl Expectation {
    /// Counts a request whose response is known.
    pub(crate) fn count(&mut self, entry: &Entry) {
        let here = entry.surface.as_ref() == Some(&self.surface) && entry.capability.as_ref() == Some(&self.capability);
        let status = self.status.is_none() || entry.status == self.status;
        if here && status && (entry.reached || !self.ran) {
            self.seen += 1;
        }
    }

    /// Whether it is met so far.
    pub fn holds(&self) -> bool {
        self.times.holds(self.seen)
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.ran { "run" } else { "called" };
        write!(f, "`{}` should be {verb} {} times", self.capability, self.times)?;
        if let Some(status) = self.status {
            write!(f, " with status {status}")?;
        }
        write!(f, ", and was {} times", self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_said_in_words() {
        let said: Vec<_> = [Times::from(2), (1..).into(), (..=3).into(), (1..3).into(), (2..=2).into(), (0..=0).into()]
            .iter()
            .map(Times::to_string)
            .collect();
        assert_eq!(said, ["2", "at least 1", "at most 3", "1 to 2", "2", "0"]);
        assert!(Times::from(1..3).holds(2) && !Times::from(1..3).holds(3));
    }
}
