//! What a ledger of many calls holds.

use napi::{
    Env,
    bindgen_prelude::{Either, ToNapiValue as _, Unknown},
};
use napi_derive::napi;
use runtype_surface::{RowId, list_unknown as list};

use crate::{
    guard::{self, GuardedPromise},
    panic::place::Place,
};

/// A row of which it is not known whether it was executed.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct UnknownRow {
    /// Its id.
    pub id: Either<String, f64>,
    /// How its call failed, if it did.
    pub failure: Option<String>,
}

/// Resolves to the rows of a ledger of which it is not known whether they were executed.
///
/// # Errors
///
/// Where no promise can be made, which Node does not refuse.
#[napi(ts_return_type = "Promise<Array<UnknownRow> | NativeError> | NativeError")]
pub fn list_unknown(env: &Env, path: String) -> napi::Result<GuardedPromise<'_, Unknown<'_>>> {
    guard::entry(Place::Entry, || {
        guard::promise(env, async move { list(path) }, |env, listed| {
            Ok(match listed {
                Ok(rows) => Either::A(rows.into_iter().map(UnknownRow::from).collect::<Vec<_>>().into_unknown(env)?),
                Err(error) => Either::B(error.into()),
            })
        })
    })
}

impl From<runtype_surface::UnknownRow> for UnknownRow {
    fn from(row: runtype_surface::UnknownRow) -> Self {
        let id = match row.id {
            #[expect(clippy::cast_precision_loss, reason = "JavaScript gives no larger ids")]
            RowId::Number(number) => Either::B(number as f64),
            RowId::Text(text) => Either::A(text),
            other => Either::A(other.to_string()),
        };
        Self { id, failure: row.failure }
    }
}
