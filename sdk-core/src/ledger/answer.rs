//! A response on its way into the file, and back.

use std::time::Duration;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::{
    digest::{hex, unhex},
    id::RowId,
    line::{self, Answer, Event, Failure, written},
    now,
};
use crate::{
    error::Error,
    response::call_response::{CallResponse, Recorded},
};

/// The line of a response. A key that the server echoes in it is hidden: it must not stand in a file.
pub(super) fn answered(id: &RowId, response: &CallResponse<Bytes>) -> Vec<u8> {
    let output = response.without_key(&response.output);
    let metadata = response.metadata.as_ref().map(|metadata| response.without_key(metadata));
    let output_json = serde_json::from_slice::<&RawValue>(&output).ok();
    let output_text = std::str::from_utf8(&output).ok().filter(|_| output_json.is_none()).map(str::to_owned);
    let is_binary = output_json.is_none() && output_text.is_none();
    let answer = Answer {
        status: response.status,
        request_id: response.request_id.clone(),
        execution_id: response.execution_id.clone(),
        elapsed_ms: (response.elapsed.as_secs_f64() * 1e6).round() / 1e3,
        metadata: metadata.as_ref().and_then(|metadata| serde_json::from_slice(metadata).ok()),
        output: output_json,
        output_text,
        output_hex: is_binary.then(|| hex(&output)),
    };
    written(&line::Answered { event: Event::Answered, id, at_ms: now(), answer })
}

/// The response of a line.
pub(super) fn response(line: &[u8], capability: &str) -> Result<CallResponse<Bytes>, String> {
    let answer: Answer<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let output = match (&answer.output, answer.output_text, answer.output_hex) {
        (Some(json), ..) => Bytes::copy_from_slice(json.get().as_bytes()),
        (None, Some(text), _) => text.into(),
        (None, None, Some(digits)) => unhex(&digits).ok_or("its output is damaged")?.into(),
        (None, None, None) => return Err("it has no output".to_owned()),
    };
    Ok(CallResponse::recorded(Recorded {
        output,
        status: answer.status,
        request_id: answer.request_id,
        execution_id: answer.execution_id,
        metadata: answer.metadata.map(|metadata| Bytes::copy_from_slice(metadata.get().as_bytes())),
        elapsed: Duration::try_from_secs_f64(answer.elapsed_ms / 1e3).unwrap_or_default(),
        capability: capability.to_owned(),
    }))
}

/// The line of an error.
pub(super) fn failed(id: &RowId, error: &Error) -> Vec<u8> {
    let failure = Failure {
        class: error.kind().class_name().to_owned(),
        status: error.status(),
        code: error.code().map(str::to_owned),
        may_have_executed: error.may_have_executed(),
        text: error.to_string(),
    };
    written(&line::Failed { event: Event::Failed, id, at_ms: now(), failure })
}

/// What happened, in the words of a line of an error: the first line of its text, without the capability.
pub(super) fn failure(line: &[u8], capability: &str) -> Option<String> {
    let failure: Failure = serde_json::from_slice(line).ok()?;
    let happened = failure.text.lines().next().unwrap_or_default();
    let happened = happened.strip_prefix(capability).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(happened);
    Some(happened.to_owned())
}
