//! The output of a success on its way to JavaScript, where `JSON.parse` parses it once.
//!
//! That is three times as fast as building the value from here, and more faithful: numbers are rounded as JavaScript
//! rounds them, and lone surrogates survive.

use bytes::Bytes;
use napi::{
    Env, JsValue as _,
    bindgen_prelude::{Either, Function, JsObjectValue as _, Object, Unknown},
};
use runtype_surface::{CallResponse, bindings::undecodable};

use crate::guard::Guarded;

/// The output as a JavaScript value, or the error of an output that is not JSON.
pub(crate) fn output_value<'env>(env: &'env Env, response: CallResponse<Bytes>) -> Guarded<Unknown<'env>> {
    let parsed = match std::str::from_utf8(&response.output) {
        Ok(text) => json_value(env, text),
        Err(error) => Err(napi::Error::from_reason(error.to_string())),
    };
    match parsed {
        Ok(value) => Either::A(value),
        Err(refusal) => Either::B(undecodable(response, &refusal.reason).into()),
    }
}

/// JSON text as a JavaScript value.
pub(crate) fn json_value<'env>(env: &'env Env, text: &str) -> napi::Result<Unknown<'env>> {
    let json: Object<'_> = env.get_global()?.get_named_property_unchecked("JSON")?;
    let parse: Function<'_, Unknown<'_>, Unknown<'env>> = json.get_named_property_unchecked("parse")?;
    let text = if text.is_ascii() { env.create_string_latin1(text)? } else { env.create_string(text)? };
    parse.call(text.to_unknown())
}
