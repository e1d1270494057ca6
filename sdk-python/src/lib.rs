//! The native part of the Python package `runtype_surface`: it converts arguments, crosses the language border, and
//! raises. Every rule is the core's.
//!
//! The modules stand in the order in which a call passes through them, and import only what stands below.

mod client;

mod call_many;
mod stream;

mod endpoint;
mod response;

mod options;

mod hooks;
mod key_function;

mod warnings;

mod call_context;
mod log;

mod asyncio;
mod runtime;

mod error;
mod json;

/// What `runtype_surface` is made of; not for direct use.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::{
        asyncio::completion_queue::CancelHandle,
        call_many::{
            CallMany,
            inputs::{InputSink, check_inputs},
        },
        client::Client,
        endpoint::{Endpoint, capability_slug},
        key_function::KeyRequest,
        options::{opaque::OpaqueOptions, signature::Signature},
        stream::{
            EventStream,
            event::StreamEvent,
            misuse::{
                closed_stream, never_opened_stream, second_reader, stream_already_entered, stream_already_read,
                stream_not_open,
            },
            opening::Opening,
        },
    };

    #[cfg(debug_assertions)]
    #[pymodule_export]
    use crate::runtime::test_panic::asked::_panic_for_tests;

    #[pymodule_init]
    fn init(_module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        runtype_surface::bindings::show_places_of_panics();
        crate::warnings::listen();
        Ok(())
    }

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name that Python gives it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
