//! The native part of the npm package `runtype-surface`.
//!
//! It holds no policy: it converts arguments, lets the core make the call, and hands data back. A failure is data too, a
//! [`error::Failure`]; the TypeScript side throws it, so that the stack is the caller's. So is a panic ([`panic`]).

pub mod call_many;
pub mod cancel;
pub mod client;
pub mod closable;
pub mod endpoint;
pub mod error;
pub mod hooks;
pub mod js_thread;
pub mod key_function;
pub mod options;
pub mod panic;
pub mod response;
pub mod stream;
