//! The options of the command.

use super::topic::Topic;

/// An option: its name in the core, the name of its value (none for a switch), and its line of help.
pub(super) struct Option {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    pub(super) help: &'static str,
}

const fn option(name: &'static str, value: &'static str, help: &'static str) -> Option {
    Option { name, value, help }
}

/// What every subcommand takes.
const COMMON: [Option; 26] = [
    option("product_id", "ID", "product id; overrides RUNTYPE_PRODUCT_ID"),
    option("surface_id", "ID", "surface id; overrides RUNTYPE_SURFACE_ID"),
    option("endpoint_url", "URL", "full URL as copied from the dashboard, instead of the ids"),
    option("base_url", "URL", "scheme, host and path prefix of the API; overrides RUNTYPE_BASE_URL"),
    option("env_prefix", "PREFIX", "prefix of the variables, such as STAGING_RUNTYPE (RUNTYPE)"),
    option("api_key_file", "PATH", "file that contains only the key; overrides the variables"),
    option("api_key_prefix", "PREFIX", "what a key begins with, or none (papi_)"),
    option("auth_header", "NAME", "header that carries the key: bearer or x-api-key (bearer)"),
    option("header", "'NAME: VALUE'", "adds a header; may be repeated"),
    option("timeout", "SECONDS", "overall timeout with all retries, or none (300)"),
    option("attempt_timeout", "SECONDS", "timeout of one attempt (none)"),
    option("connect_timeout", "SECONDS", "timeout of connecting, or none (10)"),
    option("stream_timeout", "SECONDS", "timeout of a whole stream (none)"),
    option("stream_idle_timeout", "SECONDS", "longest silence of a stream, or none (120)"),
    option("max_retries", "NUMBER", "0 to 100 (2)"),
    option("max_retry_wait", "SECONDS", "longest wait before a retry, or none (60)"),
    option("retry_mode", "MODE", "safe, or idempotent where running twice does no harm (safe)"),
    option("response_format", "FORMAT", "detect, raw or wrapped (detect)"),
    option("max_response_bytes", "BYTES", "maximum size of a response (64 MiB)"),
    option("max_event_bytes", "BYTES", "maximum size of an event of a stream (16 MiB)"),
    option("proxy", "URL", "proxy, or none; overrides HTTPS_PROXY and its kin"),
    option("trust", "AUTHORITIES", "bundled, system or both; overrides SSL_CERT_FILE"),
    option("root_certificate", "PATH", "PEM file of a further certificate authority; may be repeated"),
    option("identity", "PATH", "PEM file of the client's certificate and key; may be repeated"),
    option("allow_insecure_http", "", "allow plain http: anyone on the network path can read the key"),
    option("json", "", "write JSON, also errors (the default in a pipe, except for errors)"),
];

/// What every subcommand takes besides, for people.
const TEXT: Option = option("text", "", "write text for people, also into a pipe");

/// What `call` takes besides.
const CALL: [Option; 2] = [
    option("stream", "", "stream the answer: its text as it comes, or one event per line as JSON"),
    option("via_dispatch", "", "send the call to the surface's dispatch endpoint"),
];

/// What `doctor` takes besides.
const DOCTOR: [Option; 3] = [
    option("capability", "SLUG", "a capability that the surface must have"),
    option("contract", "SLUG", "compare the surface with each assumed fact; runs the capability twice"),
    option("yes", "", "agree to that; needed where nobody can be asked"),
];

/// The options that a subcommand takes.
pub(super) fn options_of(topic: Topic) -> impl Iterator<Item = &'static Option> {
    let own: &'static [Option] = match topic {
        Topic::Call => &CALL,
        Topic::Doctor => &DOCTOR,
        Topic::Command | Topic::OpenApi => &[],
    };
    own.iter().chain(&COMMON).chain([&TEXT])
}

/// `--max-retries`
pub(super) fn spell_as_written(option: &Option) -> String {
    format!("--{}", option.name.replace('_', "-"))
}
