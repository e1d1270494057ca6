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
//! The way of a request: [`front`] reads it, [`decide`](mod@decide) says what to answer (a pure function of request,
//! [`state`] and time), and the front delivers the [`plan`].

pub mod answer;
pub mod auth;
pub mod builder;
mod callback;
pub mod capability;
pub mod carrier;
pub mod clock;
pub mod config;
mod control;
pub mod decide;
mod delivery;
pub mod demo;
mod endpoint;
pub mod expect;
pub mod fault;
pub mod front;
mod further;
pub mod headers;
pub mod journal;
pub mod key;
pub mod limit;
pub mod log;
mod management;
pub mod openapi;
pub mod plan;
pub mod request;
mod scene;
pub mod schema;
mod secret;
pub mod seed;
pub mod state;
pub mod stream;
pub mod strike;
pub mod surface;
mod template;
mod vocabulary;

pub use builder::MockSurfaceBuilder;
pub use capability::{Answer, Capability, Format, Reply};
pub use carrier::Carrier;
pub use config::{Config, KeyConfig, SurfaceConfig};
pub use expect::{Expecting, Times};
pub use fault::{Fault, FaultKind};
pub use further::ScopedMock;
pub use surface::{MockError, MockSurface};

/// The README's example, run by the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
