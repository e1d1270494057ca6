//! The facts about API surfaces that nobody outside of the vendor has proved, in one list.

use super::{judge_calls as calls, judge_headers as headers, judge_streams as streams, seen::Seen, verdict::Verdict};

/// A fact that this SDK relies on or supports.
pub(super) struct Fact {
    pub(super) name: &'static str,
    /// The fact.
    pub(super) says: &'static str,
    /// What to do if it does not hold.
    pub(super) otherwise: &'static str,
    pub(super) judge: fn(&Seen) -> Verdict,
}

const REPORT: &str = "No option changes it: please report it.";
const ONLY_READ: &str = "It is only read where it comes: nothing breaks.";

/// In the order of a call.
pub(super) const FACTS: [Fact; 17] = [
    Fact {
        name: "key-prefix",
        says: "Product keys begin with papi_, which tells them from other credentials.",
        otherwise: "Pass --api-key-prefix.",
        judge: calls::key_prefix,
    },
    Fact {
        name: "openapi-path",
        says: "GET …/api/openapi.json gives the OpenAPI 3 document.",
        otherwise: "No option changes the path: `openapi` and `doctor` cannot use the document. Please report it.",
        judge: calls::openapi_path,
    },
    Fact {
        name: "openapi-key",
        says: "The OpenAPI document needs a key.",
        otherwise: "`doctor` alone cannot prove a key then; a call can.",
        judge: calls::openapi_key,
    },
    Fact {
        name: "slug",
        says: "A capability's slug is its name in lower case with hyphens.",
        otherwise: "Pass the slug as the dashboard shows it, not the name.",
        judge: calls::slug,
    },
    Fact {
        name: "dispatch",
        says: "POST …/api/dispatch takes the capability's slug in its body.",
        otherwise: "Do not pass --via-dispatch.",
        judge: calls::dispatch,
    },
    Fact {
        name: "wrong-key",
        says: "A wrong key gets a 401 with {\"error\": \"Invalid or missing API key\"}.",
        otherwise: REPORT,
        judge: calls::wrong_key,
    },
    Fact {
        name: "challenge",
        says: "A 401 has WWW-Authenticate: Bearer resource_metadata=….",
        otherwise: ONLY_READ,
        judge: headers::challenge,
    },
    Fact {
        name: "error-body",
        says: "An error is a JSON object whose error is a text, or an object with a message.",
        otherwise: "Errors without it show their status and body only. Please report it.",
        judge: calls::error_body,
    },
    Fact {
        name: "request-id",
        says: "Each response has X-Request-Id.",
        otherwise: "The request id is none then; all headers stay readable.",
        judge: headers::request_id,
    },
    Fact {
        name: "rate-limit",
        says: "RateLimit-Limit, -Remaining and -Reset (seconds from now) tell the key's limit.",
        otherwise: "The fields that cannot be read are none.",
        judge: headers::rate_limit,
    },
    Fact {
        name: "x-rate-limit",
        says: "X-RateLimit-Limit, -Remaining and -Reset (Unix seconds) tell the key's limit.",
        otherwise: "The fields that cannot be read are none.",
        judge: headers::x_rate_limit,
    },
    Fact {
        name: "quota",
        says: "X-Quota-Remaining tells the executions left.",
        otherwise: "The quota is none then.",
        judge: headers::quota,
    },
    Fact {
        name: "retry-after",
        says: "Retry-After is a number of seconds or a date.",
        otherwise: "Waits before retries are chosen by backoff then.",
        judge: headers::retry_after,
    },
    Fact {
        name: "paused",
        says: "A paused surface answers 503 with {\"error\": \"Surface is paused\"}.",
        otherwise: "The error names the status only.",
        judge: calls::paused,
    },
    Fact {
        name: "wrapped",
        says: "A wrapped response is {\"output\": …, \"executionId\": \"exec_…\", \"metadata\": {…}}.",
        otherwise: "Pass --response-format raw, and take the output out of the response.",
        judge: calls::wrapped,
    },
    Fact {
        name: "stream",
        says: "?stream=true with Accept: text/event-stream gives a stream of events.",
        otherwise: "If the surface streams at all, no option changes the parameter: please report it.",
        judge: streams::parameter,
    },
    Fact {
        name: "events",
        says: "Each event has JSON data whose type repeats its name, and execution_complete, execution_error or a wait ends the stream.",
        otherwise: "Read the events one by one; their data is unchanged.",
        judge: streams::events,
    },
];
