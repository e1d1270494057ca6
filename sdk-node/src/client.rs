//! The native part of a client.

use std::{
    collections::HashMap,
    ffi::OsString,
    sync::{Arc, PoisonError, RwLock},
};

use napi::{
    Env,
    bindgen_prelude::{Either, Function, ObjectFinalize, Promise, Unknown},
};
use napi_derive::napi;
use runtype_surface::bindings::{checked_call, closed_client, one_key_source};

use crate::{
    call::{self, CallRequest},
    call_many::{CallMany, CallManyOptions},
    cancel::{Cancel, Cancelled},
    guard::{self, Guarded, GuardedPromise},
    hooks::AttemptReports,
    js_thread::JsThread,
    key_function,
    options::{CallOptions, ClientOptions},
    panic::{self, place::Place},
    stream::EventStream,
};

/// The variables that the core reads. They are JavaScript's `process.env`, not the process's own: a worker thread has an
/// environment of its own, and reading the process's beside a thread that writes it is a data race.
type Variables = Arc<RwLock<HashMap<String, String>>>;

/// A client of one surface.
#[napi(custom_finalize)]
pub struct Client {
    /// Empty once it is closed.
    core: Option<runtype_surface::Client>,
    variables: Variables,
    attempt_reports: AttemptReports,
}

impl ObjectFinalize for Client {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::drop_collected(self)
    }
}

/// Creates a client. Nothing is sent. `ask_key` is the key function; it returns a promise and never throws by itself.
/// `run_hooks` receives reports for the application's hooks, and never throws.
///
/// # Errors
///
/// Where a function cannot be kept, which Node does not refuse.
#[napi(ts_return_type = "Client | NativeError")]
pub fn open_client(
    mut options: ClientOptions,
    #[napi(ts_arg_type = "(() => Promise<string>) | undefined | null")] ask_key: Option<
        Function<'_, (), Promise<String>>,
    >,
    #[napi(ts_arg_type = "((reports: Array<string> | NativeError) => void) | undefined | null")] run_hooks: Option<
        Function<'_, Guarded<Vec<String>>, ()>,
    >,
) -> napi::Result<Guarded<Client>> {
    guard::entry(Place::Entry, || {
        let with_key = options.api_key.is_some() || ask_key.is_some();
        let sources = [
            ("apiKey", with_key),
            ("apiKeyFile", options.api_key_file.is_some()),
            ("apiKeyVariable", options.api_key_variable.is_some()),
        ];
        if let Err(error) = one_key_source(sources.into_iter().filter_map(|(name, given)| given.then_some(name))) {
            return Ok(Either::B(error.into()));
        }
        let variables: Variables = Arc::new(RwLock::new(std::mem::take(&mut options.variables)));
        let lookup = variables.clone();
        let mut builder = runtype_surface::Client::builder()
            .variables(move |name| lookup.read().unwrap_or_else(PoisonError::into_inner).get(name).map(OsString::from));
        if let Some(ask_key) = ask_key {
            builder = builder.api_key_source(key_function::key_source(&ask_key)?);
        }
        let attempt_reports = AttemptReports::default();
        if let Some(run_hooks) = run_hooks {
            builder = attempt_reports.watch(builder, &run_hooks)?;
        }
        Ok(match options.set(builder).build() {
            Ok(core) => Either::A(Client { core: Some(core), variables, attempt_reports }),
            Err(error) => Either::B(error.into()),
        })
    })
}

#[napi]
impl Client {
    /// Calls a capability.
    ///
    /// # Errors
    ///
    /// Where no promise can be made, which Node does not refuse.
    #[napi(ts_return_type = "Promise<unknown | NativeError> | NativeError")]
    pub fn call<'env>(
        &self,
        env: &'env Env,
        request: CallRequest,
        options: Option<CallOptions>,
        cancel: Option<&Cancel>,
    ) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        self.with_core(|core| {
            let CallRequest { capability, input, with_report } = request;
            let call = call::with_options(core.capability(capability).input_json(input), options);
            if with_report { call::send_with_report(env, call, cancel) } else { call::send(env, call, cancel) }
        })
    }

    /// Calls a capability and resolves to its stream of events once the response has begun. The input is JSON text.
    ///
    /// # Errors
    ///
    /// As `call`.
    #[napi(ts_return_type = "Promise<EventStream | NativeError | undefined> | NativeError")]
    pub fn stream<'env>(
        &self,
        env: &'env Env,
        capability: String,
        input: String,
        options: Option<CallOptions>,
        cancel: Option<&Cancel>,
    ) -> napi::Result<GuardedPromise<'env, Option<EventStream>>> {
        self.with_core(|core| {
            let call = call::with_options(core.capability(capability).input_json(input), options);
            let (cancelled, owner) = (Cancelled::by(cancel), JsThread::current());
            let opened = async move { cancelled.or(call.stream()).await };
            guard::promise(env, opened, |_, opened| {
                Ok(match opened.transpose() {
                    Ok(stream) => Either::A(stream.map(|stream| EventStream::new(stream, owner))),
                    Err(error) => Either::B(error.into()),
                })
            })
        })
    }

    /// Refuses wrong options of a call that is sent later.
    ///
    /// # Errors
    ///
    /// None that is known.
    #[napi(ts_return_type = "undefined | NativeError")]
    pub fn check(&self, options: CallOptions) -> napi::Result<Guarded<()>> {
        self.with_core(|core| {
            Ok(match checked_call(options.set(core.openapi_call())) {
                Ok(_) => Either::A(()),
                Err(error) => Either::B(error.into()),
            })
        })
    }

    /// Calls a capability once for each input. Nothing is sent before the results are read.
    ///
    /// # Errors
    ///
    /// None that is known.
    #[napi(ts_return_type = "CallMany | NativeError")]
    pub fn call_many(
        &self,
        capability: String,
        many: CallManyOptions,
        options: Option<CallOptions>,
    ) -> napi::Result<Guarded<CallMany>> {
        self.with_core(|core| {
            let call = call::with_options(core.capability(capability), options);
            Ok(match CallMany::new(call, many) {
                Ok(many) => Either::A(many),
                Err(error) => Either::B(error.into()),
            })
        })
    }

    /// Resolves to the surface's OpenAPI document, as `{output, report}`.
    ///
    /// # Errors
    ///
    /// As `call`.
    #[napi(ts_return_type = "Promise<unknown | NativeError> | NativeError")]
    pub fn openapi<'env>(
        &self,
        env: &'env Env,
        options: Option<CallOptions>,
        cancel: Option<&Cancel>,
    ) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        self.with_core(|core| call::send_with_report(env, call::with_options(core.openapi_call(), options), cancel))
    }

    /// The URL of a capability.
    ///
    /// # Errors
    ///
    /// None that is known.
    #[napi(ts_return_type = "string | NativeError")]
    pub fn endpoint_url(&self, capability: String) -> napi::Result<Guarded<String>> {
        self.with_core(|core| {
            Ok(match core.endpoint_url(&capability) {
                Ok(url) => Either::A(url.into()),
                Err(error) => Either::B(error.into()),
            })
        })
    }

    /// The surface's address, for people to read.
    ///
    /// # Errors
    ///
    /// None that is known.
    #[napi(getter, ts_return_type = "string | NativeError")]
    pub fn endpoint(&self) -> napi::Result<Guarded<String>> {
        self.with_core(|core| Ok(Either::A(core.endpoint().to_string())))
    }

    /// Replaces the variables.
    #[napi(ts_return_type = "undefined | NativeError")]
    pub fn set_variables(&self, variables: HashMap<String, String>) -> Guarded<()> {
        guard::plain(Place::Entry, || *self.variables.write().unwrap_or_else(PoisonError::into_inner) = variables)
    }

    /// Closes the idle connections, at once and not when the object is collected.
    #[napi(ts_return_type = "undefined | NativeError")]
    pub fn close(&mut self) -> Guarded<()> {
        guard::plain(Place::Entry, || self.core = None)
    }

    /// Takes out the reports that no hook has received yet.
    #[napi(ts_return_type = "Array<string> | NativeError")]
    pub fn take_attempt_reports(&self) -> Guarded<Vec<String>> {
        guard::plain(Place::Entry, || self.attempt_reports.take())
    }

    /// Runs `step`, the body of a function that JavaScript calls, unless the client is closed.
    fn with_core<T>(
        &self,
        step: impl FnOnce(&runtype_surface::Client) -> napi::Result<Guarded<T>>,
    ) -> napi::Result<Guarded<T>> {
        guard::entry(Place::Entry, || match &self.core {
            Some(core) => step(core),
            None => Ok(Either::B(closed_client().into())),
        })
    }
}
