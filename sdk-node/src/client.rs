//! The client, as far as it is native.

use std::{
    collections::HashMap,
    ffi::OsString,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use napi::{
    Env, JsValue as _,
    bindgen_prelude::{
        Either, Function, JsObjectValue as _, Object, ObjectFinalize, Promise, ToNapiValue as _, Unknown,
    },
};
use napi_derive::napi;
use runtype_surface::{Answer, Call, bindings::Report as _};

use crate::{
    call_many::CallMany,
    cancel::{Cancel, Cancelled},
    hooks::Notices,
    js_thread::Thread,
    key_function,
    options::{CallOptions, ClientOptions},
    panic::{self, Guarded, GuardedPromise, Place},
    response,
    stream::EventStream,
};

/// The variables that the core reads. They are JavaScript's `process.env`, not the process's own: a worker thread has an
/// environment of its own, and reading the process's beside a thread that writes it is a data race.
type Variables = Arc<RwLock<HashMap<String, String>>>;

/// What a call resolves to: a value, a failure, or `undefined` where it was cancelled.
type Outcome<'env> = Guarded<Unknown<'env>>;

/// A client of one surface.
#[napi(custom_finalize)]
pub struct Client {
    /// Empty once it is closed.
    core: Option<runtype_surface::Client>,
    variables: Variables,
    notices: Notices,
}

impl ObjectFinalize for Client {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::dropped(self)
    }
}

/// Makes a client. Nothing is sent. `ask_key` is the key function; it gives a promise and never throws by itself. `tell` gets
/// reports for the application's hooks, and never throws.
///
/// # Errors
///
/// Where a function cannot be kept, which Node does not refuse.
#[napi(ts_return_type = "Client | Failure")]
pub fn open_client(
    mut options: ClientOptions,
    #[napi(ts_arg_type = "(() => Promise<string>) | undefined | null")] ask_key: Option<
        Function<'_, (), Promise<String>>,
    >,
    #[napi(ts_arg_type = "((reports: Array<string> | Failure) => void) | undefined | null")] tell: Option<
        Function<'_, Guarded<Vec<String>>, ()>,
    >,
) -> napi::Result<Guarded<Client>> {
    panic::entry(Place::Entry, || {
        let variables: Variables = Arc::new(RwLock::new(std::mem::take(&mut options.variables)));
        let lookup = variables.clone();
        let mut builder = runtype_surface::Client::builder()
            .variables(move |name| lookup.read().unwrap_or_else(PoisonError::into_inner).get(name).map(OsString::from));
        if let Some(ask_key) = ask_key {
            builder = builder.api_key_source(key_function::key_source(&ask_key)?);
        }
        let notices = Notices::default();
        if let Some(tell) = tell {
            builder = notices.watch(builder, &tell)?;
        }
        Ok(match options.set(builder).build() {
            Ok(core) => Either::A(Client { core: Some(core), variables, notices }),
            Err(error) => Either::B(error.into()),
        })
    })
}

#[napi]
impl Client {
    /// Calls a capability with an input of JSON text. With `with_report` it resolves to `{output, report}`.
    ///
    /// # Errors
    ///
    /// Where the client is closed, which the TypeScript side refuses before.
    #[napi(ts_return_type = "Promise<unknown | Failure> | Failure")]
    pub fn call<'env>(
        &self,
        env: &'env Env,
        capability: String,
        input: String,
        with_report: bool,
        options: Option<CallOptions>,
        cancel: Option<&Cancel>,
    ) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        panic::entry(Place::Entry, || {
            let call = self.core()?.capability(capability).input_json(input);
            send(env, call, with_report, options, cancel)
        })
    }

    /// The same by way of the surface's dispatch endpoint.
    ///
    /// # Errors
    ///
    /// As `call`.
    #[napi(ts_return_type = "Promise<unknown | Failure> | Failure")]
    pub fn dispatch<'env>(
        &self,
        env: &'env Env,
        capability: String,
        input: String,
        with_report: bool,
        options: Option<CallOptions>,
        cancel: Option<&Cancel>,
    ) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        panic::entry(Place::Entry, || {
            let call = self.core()?.capability(capability).via_dispatch().input_json(input);
            send(env, call, with_report, options, cancel)
        })
    }

    /// Calls a capability and resolves to its stream of events once the answer has begun.
    ///
    /// # Errors
    ///
    /// As `call`.
    #[napi(ts_return_type = "Promise<EventStream | Failure | undefined> | Failure")]
    pub fn stream<'env>(
        &self,
        env: &'env Env,
        capability: String,
        input: String,
        options: Option<CallOptions>,
        cancel: Option<&Cancel>,
    ) -> napi::Result<GuardedPromise<'env, Option<EventStream>>> {
        panic::entry(Place::Entry, || {
            let call = built(self.core()?.capability(capability).input_json(input), options);
            let (cancelled, owner) = (Cancelled::by(cancel), Thread::current());
            let opened = async move { cancelled.or(call.stream()).await };
            panic::promise(env, opened, |_, opened| {
                Ok(match opened.transpose() {
                    Ok(stream) => Either::A(stream.map(|stream| EventStream::new(stream, owner))),
                    Err(error) => Either::B(error.into()),
                })
            })
        })
    }

    /// Calls a capability once for each input that it is given. Nothing is sent before the results are read.
    ///
    /// # Errors
    ///
    /// Where the client is closed, which the TypeScript side refuses before.
    #[napi(ts_return_type = "CallMany | Failure")]
    pub fn call_many(
        &self,
        capability: String,
        concurrency: Option<f64>,
        in_order: bool,
        options: Option<CallOptions>,
    ) -> napi::Result<Guarded<CallMany>> {
        panic::entry(Place::Entry, || {
            let call = built(self.core()?.capability(capability), options);
            Ok(match CallMany::new(call, concurrency, in_order) {
                Ok(many) => Either::A(many),
                Err(problem) => Either::B(problem.into()),
            })
        })
    }

    /// Asks for the surface's OpenAPI document.
    ///
    /// # Errors
    ///
    /// As `call`.
    #[napi(ts_return_type = "Promise<unknown | Failure> | Failure")]
    pub fn openapi<'env>(
        &self,
        env: &'env Env,
        with_report: bool,
        options: Option<CallOptions>,
        cancel: Option<&Cancel>,
    ) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        panic::entry(Place::Entry, || send(env, self.core()?.openapi_call(), with_report, options, cancel))
    }

    /// The URL of a capability.
    ///
    /// # Errors
    ///
    /// Where the client is closed, which the TypeScript side refuses before.
    #[napi(ts_return_type = "string | Failure")]
    pub fn endpoint_url(&self, capability: String) -> napi::Result<Guarded<String>> {
        panic::entry(Place::Entry, || {
            Ok(match self.core()?.endpoint_url(&capability) {
                Ok(url) => Either::A(url.into()),
                Err(error) => Either::B(error.into()),
            })
        })
    }

    /// The surface's address, for people to read.
    ///
    /// # Errors
    ///
    /// Where the client is closed, which the TypeScript side refuses before.
    #[napi(getter, ts_return_type = "string | Failure")]
    pub fn endpoint(&self) -> napi::Result<Guarded<String>> {
        panic::entry(Place::Entry, || Ok(Either::A(self.core()?.endpoint().to_string())))
    }

    /// Takes over variables that have changed.
    #[napi(ts_return_type = "undefined | Failure")]
    pub fn set_variables(&self, variables: HashMap<String, String>) -> Guarded<()> {
        panic::plain(Place::Entry, || *self.variables.write().unwrap_or_else(PoisonError::into_inner) = variables)
    }

    /// Closes the connections that idle, at once and not when the object is collected.
    #[napi(ts_return_type = "undefined | Failure")]
    pub fn close(&mut self) -> Guarded<()> {
        panic::plain(Place::Entry, || self.core = None)
    }

    /// Takes out the reports that no hook has been told yet.
    #[napi(ts_return_type = "Array<string> | Failure")]
    pub fn take_notices(&self) -> Guarded<Vec<String>> {
        panic::plain(Place::Entry, || self.notices.take())
    }

    fn core(&self) -> napi::Result<&runtype_surface::Client> {
        self.core.as_ref().ok_or_else(|| napi::Error::from_reason("the client is closed"))
    }
}

fn built(call: Call, options: Option<CallOptions>) -> Call {
    match options {
        Some(options) => options.set(call),
        None => call,
    }
}

fn send<'env>(
    env: &'env Env,
    call: Call,
    with_report: bool,
    options: Option<CallOptions>,
    cancel: Option<&Cancel>,
) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
    let call = built(call, options);
    let cancelled = Cancelled::by(cancel);
    panic::promise(env, async move { cancelled.or(call.send_bytes()).await }, move |env, outcome| match outcome {
        None => Ok(Either::A(().into_unknown(env)?)),
        Some(Ok(answer)) if with_report => whole(env, answer),
        Some(Ok(answer)) => Ok(response::parse(env, answer)),
        Some(Err(error)) => Ok(Either::B(error.into())),
    })
}

/// The output beside everything else that came.
fn whole<'env>(env: &'env Env, answer: Answer<Bytes>) -> napi::Result<Outcome<'env>> {
    let report = answer.report();
    Ok(match response::parse(env, answer) {
        Either::A(output) => {
            let mut whole = Object::new(env)?;
            whole.set_named_property("output", output)?;
            whole.set_named_property("report", report)?;
            Either::A(whole.to_unknown())
        }
        failure @ Either::B(_) => failure,
    })
}
