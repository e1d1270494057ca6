//! From an output to a response: format, headers, status.

use http::StatusCode;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    answer::{call::Call, execution::execution},
    config::{answer::Reply, capability::Format, headers::append_headers},
    plan::Plan,
};

/// Renders a reply: raw or wrapped, whole or as a stream.
pub(crate) fn render(reply: &Reply, call: &Call) -> Plan {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut plan = if status.is_success() {
        match to_raw_value(&reply.output) {
            Ok(output) => render_output(&output, status, call),
            Err(error) => Plan::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    } else {
        Plan::json(status, &reply.output)
    };
    // Configured headers were validated earlier; malformed headers of a closure are dropped.
    let _ = append_headers(&mut plan.headers, &reply.headers);
    plan
}

/// Renders an output: raw or wrapped, whole or as a stream.
pub(crate) fn render_output(output: &RawValue, status: StatusCode, call: &Call) -> Plan {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Wrapped<'a> {
        output: &'a RawValue,
        execution_id: &'a str,
        metadata: Metadata<'a>,
    }
    #[derive(Serialize)]
    struct Metadata<'a> {
        capability: &'a str,
    }

    if call.stream {
        return execution(output, call);
    }
    let body = match call.format {
        Format::Raw => output.get().to_owned(),
        Format::Wrapped => {
            let metadata = Metadata { capability: &call.slug };
            let wrapped = Wrapped { output, execution_id: &call.execution_id, metadata };
            serde_json::to_string(&wrapped).unwrap_or_default()
        }
    };
    Plan::new(status, "application/json", body)
}
