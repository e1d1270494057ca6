//! Last steps of a response, once its output is known.

use std::time::Duration;

use http::header::HeaderValue;

use crate::{
    fault::apply::AppliedFault,
    plan::{Plan, REQUEST_ID},
    state::limit::Standing,
};

/// Last steps of a response, once its output is known.
#[derive(Debug, Default)]
pub(crate) struct Finish {
    pub(super) request_id: String,
    pub(super) latency: Duration,
    pub(super) standing: Option<Standing>,
    pub(super) faults: Vec<AppliedFault>,
}

impl Finish {
    /// Adds the headers of the rate limit and the request id, then applies the faults.
    pub(crate) fn apply(&self, mut plan: Plan) -> Plan {
        plan.latency += self.latency;
        if let Some(standing) = self.standing {
            standing.write(&mut plan.headers);
        }
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            plan.headers.entry(REQUEST_ID).or_insert(id);
        }
        self.faults.iter().fold(plan, |plan, fault| fault.apply(plan))
    }
}
