//! The native part of the npm package `runtype-surface`.
//!
//! It holds no policy: it converts arguments, lets the core make the call, and hands data back. A failure is data too, a
//! [`failure::Failure`]; the TypeScript side throws it, so that the stack is the caller's. So is a panic ([`guard`]).

pub mod answer;
pub mod call_many;
pub mod cancel;
pub mod client;
pub mod endpoint;
pub mod failure;
pub mod guard;
pub mod hook;
pub mod key_function;
pub mod options;
pub mod source;
pub mod stream;
#[cfg(debug_assertions)]
pub mod test_panic;
pub mod thread;
