//! What was seen of one fact.

/// Whether a fact holds, with what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Confirmed(String),
    Refuted(String),
    NotSeen(String),
}

impl Verdict {
    pub(super) fn confirmed(seen: impl Into<String>) -> Self {
        Self::Confirmed(seen.into())
    }

    pub(super) fn refuted(seen: impl Into<String>) -> Self {
        Self::Refuted(seen.into())
    }

    pub(super) fn not_seen(why: impl Into<String>) -> Self {
        Self::NotSeen(why.into())
    }

    /// Confirmed or refuted.
    pub(super) fn of(holds: bool, seen: impl Into<String>) -> Self {
        if holds { Self::confirmed(seen) } else { Self::refuted(seen) }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Confirmed(_) => "confirmed",
            Self::Refuted(_) => "refuted",
            Self::NotSeen(_) => "not seen",
        }
    }

    pub(super) fn seen(&self) -> &str {
        match self {
            Self::Confirmed(seen) | Self::Refuted(seen) | Self::NotSeen(seen) => seen,
        }
    }

    pub(super) fn is_refuted(&self) -> bool {
        matches!(self, Self::Refuted(_))
    }
}
