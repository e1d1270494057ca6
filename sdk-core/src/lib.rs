//! Client of the API surfaces of Runtype products: the endpoints of a product's flows and agents. Unofficial, not affiliated with
//! Runtype.
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
//! Modules are listed in the order in which a call passes through them, and import only modules below them.

#[doc(hidden)]
pub mod bindings;

mod call;
mod client;
mod config;
mod endpoint;
mod key;
mod response;
mod retry;
mod send;
mod stream;
mod transport;

pub mod error;
mod redact;

#[cfg(any(fuzzing, test))]
pub mod fuzzing;

pub use call::{
    Call,
    many::{CallMany, result::CallResult},
};
pub use client::{Client, builder::ClientBuilder};
pub use config::values::{ResponseFormat, RetryMode};
pub use endpoint::{Endpoint, slug::capability_slug};
pub use error::{
    Error,
    attempt::{Attempt, AttemptOutcome},
    kind::{ErrorKind, Phase},
};
pub use key::{ApiKey, header::AuthHeader, source::KeySource};
pub use response::{
    call_response::CallResponse,
    limits::{Quota, RateLimit},
};
pub use send::hooks::AttemptStart;
pub use stream::{
    EventStream,
    event::StreamEvent,
    event_kind::EventKind,
    outcome::{StreamOutcome, Usage},
};

#[cfg(feature = "native-roots")]
pub use transport::tls::Trust;

/// Result of the functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The README, so that its examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
