//! A mock of Runtype's API surfaces: the documented authentication, the life of keys, and faults, offline.
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
//! The way of a request: the server reads it, [`decide`] says what to answer (a pure function of request, [`State`] and
//! time), and the server delivers the [`Plan`]. From top to bottom the modules are `mock`, `on_wiremock`, `server`,
//! `routes`, `auth`, `answer`, `state`, `fault`, `plan`, `config`, and what all of them use; each imports only what stands
//! below it.

mod answer;
mod auth;
mod config;
mod fault;
mod mock;
mod on_wiremock;
mod routes;
mod server;
mod state;

mod clock;
mod error;
mod plan;
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
    script::{LineEnding, Script, Step, StreamEnd},
};
pub use error::MockError;
pub use fault::active::ActiveFault;
pub use mock::{MockSurface, builder::MockSurfaceBuilder, expect::Expecting};
pub use on_wiremock::responder::SurfaceResponder;
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

/// The README's example, run by the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
