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
    Call, CallResult, Error, RowId,
    bindings::{
        InputGiver, LedgerHold, Refuse as _, Report as _, checked, drive, inputs, ledger_hold, many_stream, refused,
        whole_number, with_given_ids, wrong_id,
    },
};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    closable::{Closable, Close},
    error::NativeError,
    guard::{self, Guarded, GuardedPromise},
    js_thread::JsThread,
    options::{Limit, limit},
    panic::{self, Panicked, place::Place},
    response,
    watched_call::watch,
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
    /// Path of a ledger.
    pub ledger: Option<String>,
    /// Field of an input that is its id in the ledger.
    pub id: Option<String>,
    /// The ids come with the inputs.
    pub gives_ids: bool,
    /// Sends the inputs again that the ledger holds back.
    pub rerun_unknown: Option<bool>,
    /// Waits for the disk after each line of the ledger.
    pub sync: Option<bool>,
}

/// The input of one of many calls: JSON text, or the problem of an input that has none.
#[napi(object, use_nullable = true)]
pub struct Input {
    /// The input as JSON text.
    pub json: Option<String>,
    /// Why it cannot be written as JSON.
    pub problem: Option<String>,
    /// Its id in the ledger, where the application's function has given one.
    pub id: Option<Either<String, f64>>,
    /// What the function has given instead.
    pub wrong_id: Option<WrongId>,
}

/// What a function of ids has given that is none.
#[napi(object)]
pub struct WrongId {
    /// The position of the input.
    pub index: f64,
    /// What it is, with its article.
    pub found: String,
}

impl Input {
    fn give_to(self, giver: &InputGiver) {
        let json = match self {
            Self { wrong_id: Some(WrongId { index, found }), .. } => {
                // It counts inputs.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position")]
                Err(wrong_id(index as usize, &found))
            }
            Self { json: Some(json), id: Some(id), .. } => {
                let id = match id {
                    Either::A(text) => RowId::from(text),
                    // Only safe integers are given.
                    #[expect(clippy::cast_possible_truncation, reason = "a safe integer")]
                    Either::B(number) => RowId::from(number as i64),
                };
                return giver.give_with_id(json.into(), None, id);
            }
            Self { json: Some(json), .. } => Ok(Bytes::from(json)),
            Self { problem, .. } => Err(refused("input", &problem.unwrap_or_default())),
        };
        giver.give(Some(json));
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
    waiting: Option<(runtype_surface::CallMany, mpsc::Sender<Result<CallResult, Ended>>)>,
    results: mpsc::Receiver<Result<CallResult, Ended>>,
    asked: mpsc::UnboundedReceiver<()>,
    /// Drives the calls; ends with this.
    driver: JoinSet<()>,
    /// The number by which reports of their attempts name them.
    number: Option<u32>,
    ledger: LedgerHold,
}

/// Why there are no more results.
enum Ended {
    Panicked(Panicked),
    /// The ledger could not be opened or written.
    Refused(Error),
}

impl From<Ended> for NativeError {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Panicked(panicked) => panicked.into(),
            Ended::Refused(error) => error.into(),
        }
    }
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
        if let Some(CallResult { index, result, replayed, .. }) = self.result {
            let result = match result {
                Ok(response) => {
                    step.set_named_property("report", response.report())?;
                    response::output_value(env, response)
                }
                Err(error) => Either::B(error.into()),
            };
            step.set_named_property("index", index as f64)?;
            step.set_named_property("replayed", replayed)?;
            step.set_named_property("result", result)?;
        }
        Ok(step.to_unknown())
    }
}

impl Calls {
    async fn next(&mut self) -> Option<Result<Step, Ended>> {
        if let Some((mut many, sender)) = self.waiting.take() {
            self.driver.spawn(watch(self.number, async move {
                let driven = panic::caught_future(Place::Task, drive(&mut many, &sender, Ok));
                let driven = driven.await;
                // The ledger is closed before the reader learns of the end.
                drop(many);
                // Sent, or the missing results would look like the end.
                let ended = match driven {
                    Ok(Ok(())) => return,
                    Ok(Err(error)) => Ended::Refused(error),
                    Err(panicked) => Ended::Panicked(panicked),
                };
                let _ = sender.send(Err(ended)).await;
            }));
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
        // The driver may run on for a moment, and another run may continue the ledger at once.
        self.ledger.close();
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.ledger.close();
    }
}

impl CallMany {
    pub(crate) fn new(call: Call, options: CallManyOptions, number: Option<u32>) -> Result<Self, Error> {
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
        if let Some(path) = options.ledger {
            many = many.ledger(path);
        }
        if let Some(field) = options.id {
            many = many.id(field);
        }
        if options.gives_ids {
            many = with_given_ids(many);
        }
        many = many.rerun_unknown(options.rerun_unknown.unwrap_or_default()).sync(options.sync.unwrap_or_default());
        // The core keeps the other results that wait for the reader.
        let (sender, results) = mpsc::channel(1);
        let many = checked(many)?;
        let ledger = ledger_hold(&many);
        let waiting = Some((many, sender));
        let calls = Calls { waiting, results, asked, driver: JoinSet::new(), number, ledger };
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
        ts_return_type = "Promise<{ wantsInput: boolean, index?: number, result?: unknown | NativeError, report?: string, replayed?: boolean } | NativeError | undefined> | NativeError"
    )]
    pub fn next<'env>(&self, env: &'env Env) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        guard::entry(Place::Begun, || {
            let calls = self.calls.clone();
            let next = async move { calls.read(async |calls| calls.next().await).await };
            guard::promise(env, next, |env, next| match next {
                None => Ok(Either::A(().into_unknown(env)?)),
                Some(Ok(step)) => step.into_object(env).map(Either::A),
                Some(Err(ended)) => Ok(Either::B(ended.into())),
            })
        })
    }

    /// Gives the input that was asked for; nothing where there are no more.
    #[napi(ts_return_type = "undefined | NativeError")]
    pub fn give(&self, input: Option<Input>) -> Guarded<()> {
        guard::plain(Place::Begun, || match input {
            Some(input) => input.give_to(&self.giver),
            None => self.giver.give(None),
        })
    }

    /// Drops the in-flight calls, and begins no more.
    #[napi(ts_return_type = "undefined | NativeError")]
    pub fn close(&self) -> Guarded<()> {
        guard::plain(Place::Begun, || self.calls.close())
    }
}
