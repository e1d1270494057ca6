//! Many calls to one capability: each result crosses into JavaScript once, and may ask for the next input.
//!
//! A task drives the calls, so that they go on while JavaScript handles a result. The inputs' iterator runs on JavaScript's
//! thread: the reader of the results gives the inputs that are asked for.

use std::sync::Arc;

use bytes::Bytes;
use napi::{
    Env, JsValue as _,
    bindgen_prelude::{Either, JsObjectValue as _, Object, ObjectFinalize, ToNapiValue as _, Unknown},
};
use napi_derive::napi;
use runtype_surface::{
    Call, CallResult, Error,
    bindings::{InputGiver, Refuse as _, Report as _, checked, drive, inputs, many_stream, refused, whole_number},
};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    closable::{Closable, Close},
    guard::{self, Guarded, GuardedPromise},
    js_thread::JsThread,
    options::{Limit, limit},
    panic::{self, Panicked, place::Place},
    response,
};

/// The options that only many calls have.
#[napi(object, use_nullable = true)]
pub struct CallManyOptions {
    /// Maximum number of in-flight calls.
    pub concurrency: Option<f64>,
    /// Yields results in the order of the inputs, not as they arrive.
    pub in_order: Option<bool>,
    /// Longest wait for the next window of a used-up rate limit, in milliseconds; `false`: no limit.
    #[napi(ts_type = "number | false | null")]
    pub max_window_wait_ms: Option<Limit>,
}

/// The input of one of many calls: JSON text, or the problem of an input that has none.
#[napi(object, use_nullable = true)]
pub struct Input {
    /// The input as JSON text.
    pub json: Option<String>,
    /// Why it cannot be written as JSON.
    pub problem: Option<String>,
}

impl From<Input> for Result<Bytes, Error> {
    fn from(input: Input) -> Self {
        match input {
            Input { json: Some(json), .. } => Ok(json.into()),
            Input { problem, .. } => Err(refused("input", &problem.unwrap_or_default())),
        }
    }
}

/// Many calls, some of them in flight.
#[napi(custom_finalize)]
pub struct CallMany {
    giver: InputGiver,
    calls: Arc<Closable<Calls>>,
}

impl ObjectFinalize for CallMany {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::drop_collected(self)
    }
}

/// The calls and their results.
struct Calls {
    /// Empty once the first result has been asked for.
    waiting: Option<(runtype_surface::CallMany, mpsc::Sender<Result<CallResult, Panicked>>)>,
    results: mpsc::Receiver<Result<CallResult, Panicked>>,
    asked: mpsc::UnboundedReceiver<()>,
    /// Drives the calls; ends with this.
    driver: JoinSet<()>,
}

/// What wakes the reader of the results.
struct Step {
    result: Option<CallResult>,
    wants_input: bool,
}

impl Step {
    fn into_object<'env>(self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        let mut step = Object::new(env)?;
        step.set_named_property("wantsInput", self.wants_input)?;
        if let Some(CallResult { index, result, .. }) = self.result {
            let result = match result {
                Ok(response) => {
                    step.set_named_property("report", response.report())?;
                    response::output_value(env, response)
                }
                Err(error) => Either::B(error.into()),
            };
            step.set_named_property("index", index as f64)?;
            step.set_named_property("result", result)?;
        }
        Ok(step.to_unknown())
    }
}

impl Calls {
    async fn next(&mut self) -> Option<Result<Step, Panicked>> {
        if let Some((mut many, sender)) = self.waiting.take() {
            self.driver.spawn(async move {
                let driven = panic::caught_future(Place::Task, drive(&mut many, &sender, Ok));
                // Sent, or the missing results would look like the end.
                if let Err(panicked) = driven.await {
                    let _ = sender.send(Err(panicked)).await;
                }
            });
        }
        tokio::select! {
            biased;
            result = self.results.recv() => {
                let wants_input = self.asked.try_recv().is_ok();
                Some(result?.map(|result| Step { result: Some(result), wants_input }))
            }
            Some(()) = self.asked.recv() => Some(Ok(Step { result: None, wants_input: true })),
        }
    }
}

impl Close for Calls {
    fn close(&mut self) {
        self.waiting = None;
        self.driver = JoinSet::new();
        self.results.close();
    }
}

impl CallMany {
    pub(crate) fn new(call: Call, options: CallManyOptions) -> Result<Self, Error> {
        let (ask, asked) = mpsc::unbounded_channel();
        let (giver, inputs) = inputs(move || {
            // Where the calls were dropped, nobody is asked.
            let _ = ask.send(());
        });
        let mut many = many_stream(call, inputs);
        if let Some(in_order) = options.in_order {
            many = many.in_order(in_order);
        }
        if let Some(concurrency) = options.concurrency {
            many = match whole_number("concurrency", concurrency) {
                Ok(concurrency) => many.concurrency(concurrency),
                Err(problem) => many.refuse(problem),
            };
        }
        if let Some(wait) = options.max_window_wait_ms {
            many = match limit("max_window_wait")(wait) {
                Ok(wait) => many.max_window_wait(wait),
                Err(problem) => many.refuse(problem),
            };
        }
        // The core keeps the other results that wait for the reader.
        let (sender, results) = mpsc::channel(1);
        let calls = Calls { waiting: Some((checked(many)?, sender)), results, asked, driver: JoinSet::new() };
        Ok(Self { giver, calls: Arc::new(Closable::new(calls, JsThread::current())) })
    }
}

#[napi]
impl CallMany {
    /// Waits for a result, or until an input is wanted. It resolves to `{wantsInput, index, result, report}`, where without an
    /// index there is no result, and otherwise it is a value, with the report on its response, or an error; `undefined`
    /// after the last one.
    ///
    /// # Errors
    ///
    /// Where no promise can be made, which Node does not refuse.
    #[napi(
        ts_return_type = "Promise<{ wantsInput: boolean, index?: number, result?: unknown | NativeError, report?: string } | NativeError | undefined> | NativeError"
    )]
    pub fn next<'env>(&self, env: &'env Env) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        guard::entry(Place::Begun, || {
            let calls = self.calls.clone();
            let next = async move { calls.read(async |calls| calls.next().await).await };
            guard::promise(env, next, |env, next| match next {
                None => Ok(Either::A(().into_unknown(env)?)),
                Some(Ok(step)) => step.into_object(env).map(Either::A),
                Some(Err(panicked)) => Ok(Either::B(panicked.into())),
            })
        })
    }

    /// Gives the input that was asked for; nothing where there are no more.
    #[napi(ts_return_type = "undefined | NativeError")]
    pub fn give(&self, input: Option<Input>) -> Guarded<()> {
        guard::plain(Place::Begun, || self.giver.give(input.map(Into::into)))
    }

    /// Drops the in-flight calls, and begins no more.
    #[napi(ts_return_type = "undefined | NativeError")]
    pub fn close(&self) -> Guarded<()> {
        guard::plain(Place::Begun, || self.calls.close())
    }
}
