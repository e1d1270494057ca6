//! Expectations on the number of calls of a capability.

use std::{
    fmt,
    ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeToInclusive},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    config::when::{Facts, When},
    state::journal::Entry,
};

/// Expected number of calls: a number, or a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    least: u64,
    most: u64,
}

impl Times {
    /// Whether a number of calls is as expected.
    pub(crate) fn holds(self, seen: u64) -> bool {
        (self.least..=self.most).contains(&seen)
    }

    /// Whether a number of calls is more than expected.
    pub(crate) fn is_exceeded(self, seen: u64) -> bool {
        seen > self.most
    }
}

/// The form of [`Times`] in JSON.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "`times` is a number, or {\"at_least\": a number, \"at_most\": a number}")]
enum TimesForm {
    Exactly(u64),
    Between(Between),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Between {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_least: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_most: Option<u64>,
}

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match (self.least, self.most) {
            (least, most) if least == most => TimesForm::Exactly(least),
            (least, most) => TimesForm::Between(Between {
                at_least: (least > 0).then_some(least),
                at_most: (most < u64::MAX).then_some(most),
            }),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match TimesForm::deserialize(deserializer)? {
            TimesForm::Exactly(times) => times.into(),
            TimesForm::Between(Between { at_least, at_most }) => {
                Self { least: at_least.unwrap_or(0), most: at_most.unwrap_or(u64::MAX) }
            }
        })
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
    /// Conditions on the calls; the key is its id.
    pub(crate) when: When,
    pub(crate) seen: u64,
}

impl Expectation {
    /// Counts a request whose response is known.
    pub(crate) fn count(&mut self, entry: &Entry) {
        let here = entry.surface.as_ref() == Some(&self.surface) && entry.capability.as_ref() == Some(&self.capability);
        let status = self.status.is_none() || entry.status == self.status;
        if here && status && (entry.reached || !self.ran) {
            let input = if self.when == When::default() { None } else { entry.input() };
            let facts = Facts {
                input: input.as_ref(),
                headers: &entry.headers,
                key_id: entry.key_id.as_deref(),
                call: entry.call,
                stream: entry.stream,
            };
            self.seen += u64::from(self.when.misses(&facts, |id| Some(id.to_owned())).is_empty());
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
        if self.when != When::default() {
            write!(f, " when {}", serde_json::to_string(&self.when).unwrap_or_default())?;
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
