//! Calls the API surface of a Runtype product: the endpoints under which a product exposes its flows and agents.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), runtype_surface::Error> {
//! use runtype_surface::Client;
//! use serde_json::{Value, json};
//!
//! let client = Client::from_env()?;
//! let out: Value = client.call("summarize-article", &json!({ "input": "A long text." })).await?;
//! println!("{}", out["summary"]);
//! # Ok(())
//! # }
//! ```
//!
//! The modules stand in the order in which a call passes through them: client, endpoint, key, options, retry, transport,
//! answer or stream, error.

mod client;
mod configuration;
mod environment;

mod base_url;
mod endpoint;
mod segment;
mod slug;

mod key;
mod key_ring;
mod key_source;

mod call;
mod call_many;
mod inputs;
mod options;

mod backoff;
mod budget;
mod deadline;
mod exchange;
mod hook;
mod retry;
mod retry_after;

mod request_body;
mod tls;
mod transport;

mod answer;
mod attempt;
mod rate_limit;
mod reading;

mod event;
mod event_fields;
mod event_parser;
mod opened;
mod read_ahead;
mod stream;

pub mod error;
mod explanation;
mod redact;
mod report;
mod server_error;

#[cfg(fuzzing)]
pub mod fuzzing;

pub use answer::Answer;
pub use attempt::{Attempt, AttemptOutcome};
pub use call::Call;
pub use call_many::CallMany;
pub use client::Client;
pub use configuration::ClientBuilder;
pub use endpoint::Endpoint;
pub use error::{Error, ErrorKind, Phase};
pub use event::{Event, EventKind};
pub use hook::AttemptStart;
#[doc(hidden)]
pub use inputs::{InputGiver, Inputs, inputs};
pub use key::{ApiKey, AuthHeader};
pub use key_source::KeySource;
pub use options::ResponseFormat;
#[doc(hidden)]
pub use options::{milliseconds, seconds, whole_number};
pub use rate_limit::RateLimit;
#[doc(hidden)]
pub use read_ahead::ReadAhead;
pub use retry::RetryMode;
pub use slug::capability_slug;
pub use stream::EventStream;

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The READMEs, whose Rust is compiled with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../README.md")]
struct Readme;
