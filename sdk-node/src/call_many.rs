//! Many calls to one capability: one crossing a result, in which the next input may be asked for.
//!
//! A task drives the calls, so that they go on while JavaScript looks at a result. Its iterator runs on its own thread:
//! whoever waits for a result gives the inputs that are asked for.

use std::sync::Arc;

use bytes::Bytes;
use napi::{
    Env, JsValue as _,
    bindgen_prelude::{Either, JsObjectValue as _, Object, ObjectFinalize, ToNapiValue as _, Unknown},
};
use napi_derive::napi;
use runtype_surface::{
    Answer, Call, Error,
    bindings::{InputGiver, Refuse as _, Report as _, inputs, many_stream, refused, whole_number},
};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    closable::Source,
    js_thread::Thread,
    panic::{self, Guarded, GuardedPromise, Panicked, Place},
    response,
};

/// One result with the number of its input.
type Numbered = (usize, Result<Answer<Bytes>, Error>);

/// The input of one of many calls: JSON text, or what is wrong with it.
#[napi(object, use_nullable = true)]
pub struct Input {
    /// The text.
    pub json: Option<String>,
    /// Why there is none.
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

/// Many calls, of which some are under way.
#[napi(custom_finalize)]
pub struct CallMany {
    giver: InputGiver,
    source: Arc<Source<Calls>>,
}

impl ObjectFinalize for CallMany {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::dropped(self)
    }
}

/// The calls, and what comes of them.
struct Calls {
    /// Empty once the first result is asked for.
    waiting: Option<(runtype_surface::CallMany, mpsc::Sender<Result<Numbered, Panicked>>)>,
    results: mpsc::Receiver<Result<Numbered, Panicked>>,
    asked: mpsc::UnboundedReceiver<()>,
    /// Ends with this.
    driver: JoinSet<()>,
}

/// What whoever waits is woken by.
struct Step {
    result: Option<Numbered>,
    wants_input: bool,
}

impl Step {
    fn into_object<'env>(self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        let mut step = Object::new(env)?;
        step.set_named_property("wantsInput", self.wants_input)?;
        if let Some((number, result)) = self.result {
            let result = match result {
                Ok(answer) => {
                    step.set_named_property("report", answer.report())?;
                    response::parse(env, answer)
                }
                Err(error) => Either::B(error.into()),
            };
            step.set_named_property("number", u32::try_from(number).unwrap_or(u32::MAX))?;
            step.set_named_property("result", result)?;
        }
        Ok(step.to_unknown())
    }
}

impl Calls {
    async fn next(&mut self) -> Option<Result<Step, Panicked>> {
        if let Some((mut many, hand_on)) = self.waiting.take() {
            self.driver.spawn(async move {
                let driven = panic::ended(Place::Task, async {
                    while let Some(result) = many.next().await {
                        if hand_on.send(Ok(result)).await.is_err() {
                            return;
                        }
                    }
                });
                // Told, or the results that are missing would look like the end.
                if let Err(panicked) = driven.await {
                    let _ = hand_on.send(Err(panicked)).await;
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

impl CallMany {
    pub(crate) fn new(call: Call, concurrency: Option<f64>, in_order: bool) -> Result<Self, Error> {
        let (ask, asked) = mpsc::unbounded_channel();
        let (giver, inputs) = inputs(move || {
            // Where the calls were dropped, nobody is asked.
            let _ = ask.send(());
        });
        let mut many = many_stream(call, inputs).in_order(in_order);
        if let Some(calls) = concurrency {
            many = match whole_number("concurrency", calls) {
                Ok(calls) => many.concurrency(calls),
                Err(problem) => many.refuse(problem),
            };
        }
        // One result waits for its reader; the next calls begin when it has been taken.
        let (hand_on, results) = mpsc::channel(1);
        let calls = Calls { waiting: Some((many.checked()?, hand_on)), results, asked, driver: JoinSet::new() };
        Ok(Self { giver, source: Arc::new(Source::new(calls, Thread::current())) })
    }
}

#[napi]
impl CallMany {
    /// Waits for a result or until an input is wanted. It resolves to `{wantsInput, number, result, report}`, where without a
    /// number there is no result, and else it is a value, with the report on what came with it, or a failure; `undefined`
    /// after the last one.
    ///
    /// # Errors
    ///
    /// Where no promise can be made, which Node does not refuse.
    #[napi(
        ts_return_type = "Promise<{ wantsInput: boolean, number?: number, result?: unknown | Failure, report?: string } | Failure | undefined> | Failure"
    )]
    pub fn next<'env>(&self, env: &'env Env) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        panic::entry(Place::Begun, || {
            let source = self.source.clone();
            let next = async move { source.read(async |calls| calls.next().await).await };
            panic::promise(env, next, |env, next| match next {
                None => Ok(Either::A(().into_unknown(env)?)),
                Some(Ok(step)) => step.into_object(env).map(Either::A),
                Some(Err(panicked)) => Ok(Either::B(panicked.into())),
            })
        })
    }

    /// Gives the input that was wanted; nothing where there are no more.
    #[napi(ts_return_type = "undefined | Failure")]
    pub fn give(&self, input: Option<Input>) -> Guarded<()> {
        panic::plain(Place::Begun, || self.giver.give(input.map(Into::into)))
    }

    /// Drops the calls that are under way, and begins no more.
    #[napi(ts_return_type = "undefined | Failure")]
    pub fn close(&self) -> Guarded<()> {
        panic::plain(Place::Begun, || self.source.close())
    }
}
