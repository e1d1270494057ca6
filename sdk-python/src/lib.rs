//! The native part of the Python package `runtype_surface`: it converts arguments, crosses the language border, and
//! raises. Every rule is the core's.
//!
//! The modules stand in the order in which a call passes through them.

mod client;
mod guard;

mod endpoint;

mod circumstances;
mod hook;
mod key_function;

mod encode;
mod opaque_options;
mod options;

mod bell;
mod mailbox;
mod runtime;
mod signals;

mod call_many;
mod decode;
mod event;
mod stream;

mod failure;
mod log;

use pyo3::{prelude::*, types::PyString};

/// Turns a capability's name into the slug under which its endpoint stands.
#[pyfunction]
fn capability_slug(name: &Bound<'_, PyString>) -> PyResult<String> {
    guard::body(|| Ok(runtype_surface::capability_slug(options::characters("capability", name)?)))
}

/// What `runtype_surface` is made of; not for direct use.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{
        call_many::{CallMany, Feeder},
        capability_slug,
        client::Client,
        endpoint::Endpoint,
        event::Event,
        key_function::Reply,
        mailbox::Ticket,
        opaque_options::OpaqueOptions,
        stream::EventStream,
    };

    #[cfg(debug_assertions)]
    #[pymodule_export]
    use super::guard::rehearsal::_panic_for_tests;

    #[pymodule_init]
    fn init(_module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        runtype_surface::bindings::show_places_of_panics();
        Ok(())
    }

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name that Python gives it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
