//! A fault that is set, with its counts.

use crate::{
    config::{fault::Fault, fault_kind::FaultKind},
    fault::apply::AppliedFault,
    seed,
};

/// The faults that apply to a request: all of kind `latency`, and the first of the others. `lane` is the connection's number on
/// this surface and the request's number on that connection.
pub(crate) fn applying(
    faults: &mut [ActiveFault],
    seed: u64,
    slug: Option<&str>,
    lane: (u64, u64),
) -> Vec<AppliedFault> {
    let mut applying: Vec<AppliedFault> = Vec::new();
    let mut is_settled = false;
    for active in faults {
        // Every fault counts every request, so that `nth` does not depend on earlier faults in the list.
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

/// A fault that is set, with its counts.
#[derive(Debug, Clone)]
pub struct ActiveFault {
    /// Its id, `flt_…`.
    pub id: String,
    /// Its configuration.
    pub fault: Fault,
    /// Its index among the surface's faults, from 0, which its random draws depend on.
    pub ordinal: u64,
    /// Number of matching requests.
    pub matched: u64,
    /// Number of requests it applied to.
    pub applied: u64,
}

impl ActiveFault {
    /// Counts a request if it matches.
    fn counts(&mut self, slug: Option<&str>) -> bool {
        let is_here = self.fault.capability.is_none() || self.fault.capability.as_deref() == slug;
        self.matched += u64::from(is_here);
        is_here
    }

    /// The draw if the fault applies to the request that was counted last.
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
