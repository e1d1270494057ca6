//! The native part of the npm package `runtype-surface`.
//!
//! It holds no policy: it converts arguments, lets the core make the call, and returns data. An error is data too, an
//! [`error::NativeError`]; the TypeScript side throws it, so that the stack is the caller's. So is a panic (`guard`).
//!
//! The modules stand in the order in which a call passes through them, and import only what stands below. The public ones
//! export to JavaScript.

pub mod client;

pub mod call;
pub mod call_many;
pub mod stream;

pub mod endpoint;
pub mod options;
mod response;

pub mod cancel;
mod hooks;

mod guard;

pub mod error;
mod key_function;

mod closable;
mod js_thread;

pub mod panic;
