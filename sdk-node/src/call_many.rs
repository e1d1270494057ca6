//! Many calls to one capability: one crossing a result.

use std::sync::Arc;

use bytes::Bytes;
use napi::{
    Env, JsValue as _,
    bindgen_prelude::{Either, JsObjectValue as _, Object, PromiseRaw, ToNapiValue as _, Unknown},
};
use napi_derive::napi;
use runtype_surface::{Call, Error, whole_number};

use crate::{answer, source::Source};

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
            Input { problem, .. } => Err(Error::refused("input", &problem.unwrap_or_default())),
        }
    }
}

/// Many calls, of which some are under way.
#[napi]
pub struct CallMany(Arc<Source<runtype_surface::CallMany>>);

impl CallMany {
    pub(crate) fn new(call: Call, inputs: Vec<Input>, concurrency: Option<f64>, in_order: bool) -> Self {
        let mut many = call.many_json(inputs.into_iter().map(Into::into)).in_order(in_order);
        if let Some(calls) = concurrency {
            many = match whole_number("concurrency", calls) {
                Ok(calls) => many.concurrency(calls),
                Err(problem) => many.refuse(problem),
            };
        }
        Self(Arc::new(Source::new(many)))
    }
}

#[napi]
impl CallMany {
    /// Waits for a result. It resolves to `{number, result}`, the result being a value or a failure; `undefined` after the
    /// last one.
    ///
    /// # Errors
    ///
    /// Where no promise can be made, which Node does not refuse.
    #[napi(ts_return_type = "Promise<{ number: number, result: unknown | Failure } | undefined>")]
    pub fn next<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let source = self.0.clone();
        let next = async move { Ok(source.read(async |many| many.next().await).await) };
        env.spawn_future_with_callback(next, |env, next| {
            let Some((number, result)) = next else { return ().into_unknown(env) };
            let result = match result {
                Ok(answer) => answer::parse(env, answer),
                Err(error) => Either::B(error.into()),
            };
            let mut numbered = Object::new(env)?;
            numbered.set_named_property("number", u32::try_from(number).unwrap_or(u32::MAX))?;
            numbered.set_named_property("result", result)?;
            Ok(numbered.to_unknown())
        })
    }

    /// Drops the calls that are under way, and begins no more.
    #[napi]
    pub fn close(&self) {
        self.0.close();
    }
}
