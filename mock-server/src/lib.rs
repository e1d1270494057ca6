//! A mock of Runtype's API surfaces: the documented authentication, keys, rate limits and faults, offline. Unofficial, not
//! affiliated with Runtype.
//!
//! Based on wiremock. A [`SurfaceResponder`] responds like a whole surface, and the [`matchers`] match single calls, both on a
//! plain `wiremock::MockServer`:
//!
//! ```
//! # use http_body_util::Full;
//! # use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! # async fn call(url: String, key: &str) -> Result<u16, Box<dyn std::error::Error>> {
//! #     let client: Client<_, Full<&[u8]>> = Client::builder(TokioExecutor::new()).build_http();
//! #     let call = http::Request::post(url).header("Authorization", format!("Bearer {key}"));
//! #     Ok(client.request(call.body(Full::from(b"{}".as_slice()))?).await?.status().as_u16())
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use runtype_mock::{SurfaceResponder, demo, matchers::{bearer_key, capability}};
//! use wiremock::{Mock, MockServer, ResponseTemplate, matchers::{any, method}};
//!
//! let server = MockServer::start().await;
//! // The first call of `echo` with this key gets a 503 ...
//! Mock::given(method("POST"))
//!     .and(bearer_key(demo::FULL_KEY))
//!     .and(capability("echo"))
//!     .respond_with(ResponseTemplate::new(503))
//!     .up_to_n_times(1)
//!     .mount(&server)
//!     .await;
//! // ... and all other calls what the surface responds: keys, scopes, limits, capabilities.
//! let surface = SurfaceResponder::new(&server, demo::config())?;
//! Mock::given(any()).respond_with(surface.clone()).mount(&server).await;
//!
//! assert_eq!(call(surface.endpoint_url("echo"), demo::FULL_KEY).await?, 503);
//! assert_eq!(call(surface.endpoint_url("echo"), demo::FULL_KEY).await?, 200);
//! assert_eq!(call(surface.endpoint_url("echo"), demo::SCOPED_KEY).await?, 403);
//! # Ok(()) }
//! ```
//!
//! A [`MockSurface`] is the same surface with its own server, for what wiremock cannot do: bodies in chunks, faults on the
//! socket, callbacks, and a journal that shows when a client disconnected.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use runtype_mock::MockSurface;
//!
//! let surface = MockSurface::start().await?;
//! let key = surface.mint(["summarize-article"])?;
//! surface.revoke(&key)?;
//! assert!(surface.base_url().starts_with("http://127.0.0.1:"));
//! # Ok(()) }
//! ```
//!
//! The server reads a request, [`decide`] (a pure function of request, [`State`] and time) returns the response as a [`Plan`],
//! and the server delivers it. From top to bottom the modules are `mock`, `on_wiremock`, `server`, `routes`, `auth`, `answer`,
//! `state`, `fault`, `plan`, `config`, `request`, `redact`, `readings`, `secret`, `clock`, `seed` and `error`; each imports only modules
//! below it.

mod answer;
mod auth;
mod config;
mod conformance;
mod fault;
mod mock;
mod on_wiremock;
mod routes;
mod server;
mod state;

mod clock;
mod error;
mod plan;
mod readings;
mod redact;
mod request;
mod secret;
mod seed;

pub use clock::Time;
pub use config::{
    Config, Status, SurfaceConfig,
    answer::{Answer, Closure, Reply},
    capability::{Capability, Format},
    demo,
    fault::{Fault, Numbers},
    fault_kind::FaultKind,
    headers::HeaderValues,
    key::{Environment, KeyConfig},
    schema::{Problem, Schema},
    script::{LineEnding, Script, StreamEnd},
    step::Step,
};
pub use conformance::CONFORMANCE;
pub use error::MockError;
pub use fault::active::ActiveFault;
pub use mock::{MockSurface, builder::MockSurfaceBuilder, expect::Expecting};
pub use on_wiremock::{matchers, responder::SurfaceResponder};
pub use plan::{End, Frame, Framing, Plan};
pub use request::Request;
pub use routes::{
    Decision, decide,
    pending::{Pending, Question},
    record::Ticket,
};
pub use secret::Secret;
pub use server::extra_mocks::ScopedMock;
pub use state::{
    State,
    expectation::{Expectation, Times},
    journal::{Entry, Journal, Outcome},
    key::{Key, Refusal},
    limit::{Exhausted, Standing, Usage},
    log::{Log, LogStyle},
    surface::Surface,
};

/// The README, so that its examples are run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
