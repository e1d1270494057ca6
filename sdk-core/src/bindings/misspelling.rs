//! Names that other libraries give to options of this one.

use super::nearest::plain;
use crate::error::spelling::{is_camel, spell};

/// An option, and what else it is called.
const NAMES: &[(&str, &[&str])] = &[
    (
        "max_retries",
        &["retries", "num_retries", "retry_count", "retry_limit", "total_retries", "attempts", "max_attempts"],
    ),
    ("retry_mode", &["retry", "retry_policy", "retry_strategy", "idempotent"]),
    ("max_retry_wait", &["backoff", "max_backoff", "max_wait", "retry_delay", "max_retry_delay"]),
    (
        "timeout",
        &[
            "request_timeout",
            "call_timeout",
            "total_timeout",
            "overall_timeout",
            "deadline",
            "timeout_s",
            "timeout_secs",
            "timeout_seconds",
            "timeout_millis",
            "timeout_milliseconds",
        ],
    ),
    ("attempt_timeout", &["read_timeout", "response_timeout", "socket_timeout", "per_attempt_timeout", "try_timeout"]),
    ("stream_idle_timeout", &["idle_timeout", "chunk_timeout"]),
    (
        "concurrency",
        &[
            "max_concurrency",
            "max_concurrent",
            "max_workers",
            "workers",
            "num_workers",
            "threads",
            "parallel",
            "parallelism",
            "max_parallel",
            "max_in_flight",
            "batch_size",
        ],
    ),
    ("in_order", &["order", "ordered", "unordered", "sorted", "keep_order", "preserve_order"]),
    ("via_dispatch", &["dispatch", "use_dispatch"]),
    ("signal", &["abort_signal", "abort_controller", "cancel", "cancellation"]),
    ("headers", &["extra_headers", "default_headers", "custom_headers"]),
    ("max_response_bytes", &["max_bytes", "max_size", "max_body_size", "max_body_length", "max_content_length"]),
    ("api_key", &["key", "token", "api_token", "auth_token", "secret", "product_key", "product_api_key"]),
    ("auth_header", &["auth", "auth_type", "auth_scheme"]),
    ("endpoint_url", &["url", "endpoint", "api_endpoint"]),
    ("base_url", &["host", "server", "origin", "api_base", "api_url", "base_uri"]),
    ("proxy", &["proxies", "http_proxy", "https_proxy"]),
    (
        "root_certificates",
        &[
            "verify",
            "ca",
            "ca_file",
            "ca_bundle",
            "ca_certs",
            "cert",
            "certs",
            "certificates",
            "ssl",
            "ssl_context",
            "tls",
        ],
    ),
    ("allow_insecure_http", &["insecure", "insecure_http", "allow_http", "allow_insecure"]),
    ("before_attempt", &["before_request", "before_send", "on_request"]),
    ("after_attempt", &["after_request", "after_response", "on_response"]),
    ("env_prefix", &["prefix"]),
    ("prefix", &["env_prefix"]),
];

/// What is no option at all, and what to do instead. Names of options stand in braces.
const NO_OPTIONS: &[(&[&str], &str)] = &[
    (&["stream", "streaming"], "call stream() for a stream of events"),
    (
        &["json", "data", "body", "payload", "params", "args", "arguments", "input", "inputs"],
        "pass the input as the argument after the capability",
    ),
    (
        &[
            "http_client",
            "client",
            "session",
            "transport",
            "fetch",
            "fetch_options",
            "dispatcher",
            "agent",
            "http_agent",
            "https_agent",
            "adapter",
        ],
        "no HTTP client can be passed in: it might follow redirects with the key",
    ),
    (
        &["hooks", "event_hooks", "callbacks", "interceptors", "middleware"],
        "pass {before_attempt} and {after_attempt} to the client",
    ),
    (&["idempotency_key"], "there is none: {retry_mode} says what is retried"),
    (
        &["response_model", "output_model", "output_type", "schema", "output_schema", "response_schema"],
        "outputs are not validated: check what is returned",
    ),
    (&["with_options"], "pass the options to each call, or create a client that has them"),
];

/// The same for languages in which a call has no signal.
const NO_SIGNAL: (&[&str], &str) = (
    &["signal", "abort_signal", "abort_controller", "cancel", "cancellation"],
    "cancel the asyncio task that awaits the call",
);

/// The options that a name of another library may mean.
pub(super) fn meant(given: &str) -> impl Iterator<Item = &'static str> {
    let given = plain(given);
    NAMES.iter().filter(move |(_, names)| names.iter().any(|name| plain(name) == given)).map(|(option, _)| *option)
}

/// What to do instead of passing an option of this name.
pub(super) fn instead(given: &str) -> Option<String> {
    let given = plain(given);
    let found = NO_OPTIONS.iter().chain((!is_camel()).then_some(&NO_SIGNAL));
    let (_, remedy) = found.into_iter().find(|(names, _)| names.iter().any(|name| plain(name) == given))?;
    // The parts between braces are every second one.
    let parts = remedy.split(['{', '}']).enumerate();
    Some(parts.map(|(at, part)| if at % 2 == 1 { spell(part) } else { part.into() }).collect())
}
