//! A fault that is set, with what it has counted so far.

use crate::{
    config::{fault::Fault, fault_kind::FaultKind},
    fault::apply::AppliedFault,
    seed,
};

/// The faults that apply to a request: every `latency` that does, and the first of the others. `lane` is the connection's
/// number on this surface and the request's number on that connection.
pub(crate) fn applying(
    faults: &mut [ActiveFault],
    seed: u64,
    slug: Option<&str>,
    lane: (u64, u64),
) -> Vec<AppliedFault> {
    let mut applying: Vec<AppliedFault> = Vec::new();
    let mut is_settled = false;
    for active in faults {
        // Every fault counts every request, so that `nth` means the same whatever stands before it in the list.
        if !active.counts(slug) || is_settled {
            continue;
        }
        if let Some(draw) = active.applies(seed, lane) {
            applying.push(AppliedFault { fault: active.fault.clone(), draw });
            is_settled = active.fault.kind != FaultKind::Latency;
        }
    }
    applying
}

/// A fault that is set, with what it has counted so far.
#[derive(Debug, Clone)]
pub struct ActiveFault {
    /// Its id, `flt_…`.
    pub id: String,
    /// What it is.
    pub fault: Fault,
    /// Which one of its surface's faults it is, from 0, which the draw depends on.
    pub ordinal: u64,
    /// How many requests matched its place.
    pub matched: u64,
    /// How many it applied to.
    pub applied: u64,
}

impl ActiveFault {
    /// Counts a request where it is in this fault's place.
    fn counts(&mut self, slug: Option<&str>) -> bool {
        let is_here = self.fault.capability.is_none() || self.fault.capability.as_deref() == slug;
        self.matched += u64::from(is_here);
        is_here
    }

    /// Says whether this fault applies to the request that was counted last, and with which draw.
    fn applies(&mut self, seed: u64, lane: (u64, u64)) -> Option<u64> {
        if self.fault.times.is_some_and(|times| self.applied >= times) {
            return None;
        }
        if self.fault.nth.as_ref().is_some_and(|nth| !nth.contains(self.matched)) {
            return None;
        }
        let draw = seed::mix(&[seed, self.ordinal, lane.0, lane.1]);
        if self.fault.probability.is_some_and(|probability| seed::unit(draw) >= probability) {
            return None;
        }
        self.applied += 1;
        Some(draw)
    }
}
