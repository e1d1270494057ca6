//! Reading of error responses, in any form.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value};

use super::retry_after::retry_after;
use crate::{
    error::{
        explain,
        facts::{Facts, StatusFacts},
        kind::ErrorKind,
    },
    key::scrubber::Scrubber,
    retry::{
        failure::{Failed, Failure},
        policy,
    },
    transport::plan::Plan,
};

/// Maximum size of an error body that is kept.
pub(crate) const KEPT_BYTES: usize = 64 * 1024;

/// A longer text body is a page, not a message.
const LONGEST_MESSAGE: usize = 500;

/// The header of the request id. Assumed: no public page names it.
const ASSUMED_REQUEST_ID: &str = "x-request-id";

/// The request id, from a response's headers.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(ASSUMED_REQUEST_ID)?.as_bytes()).into_owned())
}

/// Content of an error response.
pub(crate) struct ErrorResponse {
    pub(crate) facts: StatusFacts,
    /// Whether it is one of the API's own errors: a JSON object with `error`.
    pub(crate) is_api_error: bool,
    /// Whether it has an execution id, which means that something started.
    pub(crate) has_started: bool,
}

/// Parses an error body. The documented form is a JSON object with `error` (a string, or an object with `code` and `message`)
/// and optionally `code`, `message`, `details` and `executionId`. Of other bodies, a short text is the message;
/// otherwise there is none.
pub(crate) fn read(
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    is_whole: bool,
    scrubber: &Scrubber,
) -> ErrorResponse {
    let headers = scrub_headers(headers, scrubber);
    let json = serde_json::from_slice::<Value>(&body).ok().map(|json| scrubber.json(json));
    // What was not read, or cannot be read, may say that something started.
    let is_unread = !is_whole || (json.is_none() && !body.is_empty() && is_json(&headers));
    let has_started = is_unread || json.as_ref().is_some_and(names_execution) || names_execution_in_text(&body);
    let fields = json.as_ref().and_then(Value::as_object);
    let nested = fields.and_then(|fields| fields.get("error")).and_then(Value::as_object);
    let text = |name| own_text(fields, name).or_else(|| own_text(nested, name));
    // An `error` without spaces next to a `message` is a code: {"error": "RATE_LIMITED", "message": "Slow down"}.
    let (error, message) = (own_text(fields, "error"), text("message"));
    let error_is_code = message.is_some() && error.as_ref().is_some_and(|error| !error.contains(char::is_whitespace));
    let code = text("code").or_else(|| error.clone().filter(|_| error_is_code));
    let message = error
        .filter(|_| !error_is_code)
        .or(message)
        .or_else(|| plain_text(&headers, &body).map(|text| scrubber.text(text)));
    let is_api_error = fields.and_then(|fields| fields.get("error")).is_some_and(|error| !error.is_null());
    let facts = StatusFacts {
        status,
        message: message.unwrap_or_default(),
        code,
        details: [fields, nested].into_iter().flatten().find_map(|fields| fields.get("details")).cloned(),
        request_id: request_id(&headers),
        execution_id: text("executionId"),
        upgrade_url: text("upgradeUrl"),
        retry_after: retry_after(&headers, SystemTime::now()),
        location: headers.get(header::LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        is_foreign: fields.is_none() && !body.iter().all(u8::is_ascii_whitespace),
        headers,
        body: kept(body, is_whole, scrubber),
    };
    ErrorResponse { facts, is_api_error, has_started }
}

/// The part of a body that an error keeps, scrubbed before it is truncated: the scrubber would not find a truncated key.
fn kept(body: Vec<u8>, is_whole: bool, scrubber: &Scrubber) -> Bytes {
    let mut body = scrubber.bytes(body);
    if !is_whole {
        body.truncate(scrubber.begin_of_key_at_end(&body));
    }
    body.truncate(KEPT_BYTES);
    body.into()
}

/// Whether an error's JSON has an `executionId`, wherever.
fn names_execution(json: &Value) -> bool {
    match json {
        Value::Object(fields) => {
            fields.get("executionId").is_some_and(|id| !id.is_null()) || fields.values().any(names_execution)
        }
        Value::Array(items) => items.iter().any(names_execution),
        _ => false,
    }
}

/// The same in the text, where a field that is there twice has its first value too.
fn names_execution_in_text(body: &[u8]) -> bool {
    const NAME: &[u8] = b"\"executionId\"";
    memchr::memmem::find_iter(body, NAME).any(|at| {
        let after = body.get(at + NAME.len()..).unwrap_or_default();
        let value = after.iter().position(|byte| !byte.is_ascii_whitespace() && *byte != b':');
        !value.and_then(|at| after.get(at..)).is_some_and(|value| value.starts_with(b"null"))
    })
}

/// Whether a response says that it is something other than JSON.
pub(crate) fn is_not_json(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_TYPE) && !is_json(headers)
}

/// Whether a response says that it is JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().to_ascii_lowercase().ends_with("json"))
}

/// The headers, with the key replaced by its hint if the server echoes it.
pub(crate) fn scrub_headers(mut headers: HeaderMap, scrubber: &Scrubber) -> HeaderMap {
    if headers.keys().any(|name| scrubber.finds_key(name.as_str().as_bytes())) {
        headers = scrub_names(headers, scrubber);
    }
    for value in headers.values_mut().filter(|value| scrubber.finds_key(value.as_bytes())) {
        let clean = scrubber.bytes(value.as_bytes().to_vec());
        *value = HeaderValue::from_bytes(&clean).unwrap_or_else(|_| HeaderValue::from_static("papi_"));
    }
    headers
}

/// The same for the names. A hint has an ellipsis, which a name must not have.
fn scrub_names(headers: HeaderMap, scrubber: &Scrubber) -> HeaderMap {
    let mut clean = HeaderMap::with_capacity(headers.len());
    let mut last = None;
    for (name, value) in headers {
        // Without a name it is another value of the last one.
        let Some(name) = name.or_else(|| last.clone()) else { continue };
        let shown = scrubber.text(name.as_str().to_owned()).replace('…', "...").to_ascii_lowercase();
        let shown = HeaderName::try_from(shown).unwrap_or(HeaderName::from_static("papi_"));
        clean.append(shown, value);
        last = Some(name);
    }
    clean
}

fn own_text(fields: Option<&Map<String, Value>>, name: &str) -> Option<String> {
    let text = fields?.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// The text of a plain-text body that is short enough to be a message.
fn plain_text(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/plain");
    let text = std::str::from_utf8(body).ok()?.trim();
    let is_message = kind.starts_with("text/plain") && !text.is_empty() && text.len() <= LONGEST_MESSAGE;
    is_message.then(|| text.to_owned())
}

/// Reads an error response. Its text is written later, once the key source has been asked after a 401.
pub(crate) async fn receive(mut response: reqwest::Response, scrubber: &Scrubber) -> Failed {
    let status = response.status().as_u16();
    // A form of the key that begins within the kept part must end within the part that is read.
    let limit = KEPT_BYTES + scrubber.longest_form();
    let mut body = Vec::new();
    // A partial error body is used even if the rest is missing or too long.
    let is_whole = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break true,
            Err(_) => break false,
        }
        if body.len() > limit {
            body.truncate(limit);
            break false;
        }
    };
    let ErrorResponse { facts: response, is_api_error, has_started } =
        read(status, response.headers().clone(), body, is_whole, scrubber);
    let exhausted = status == 429
        && policy::is_exhausted_assumed(response.code.as_deref(), &response.message, response.retry_after);
    let may_have_executed = has_started || !is_refusal_assumed(status, is_api_error, response.retry_after);
    Failed {
        failure: Failure::Responded {
            status,
            retry_after: response.retry_after,
            exhausted,
            is_api_error,
            may_have_executed,
        },
        facts: Box::new(Facts {
            kind: Some(ErrorKind::of_status(status)),
            text: format!("{status} {}", response.message),
            may_have_executed,
            response: Some(response),
            ..Facts::default()
        }),
    }
}

/// Reads a 202. Its body, whatever it is, is not the output: the call goes on without this reader.
pub(crate) async fn receive_accepted(plan: &Plan, response: reqwest::Response, scrubber: &Scrubber) -> Failed {
    let Failed { mut facts, .. } = receive(response, scrubber).await;
    let execution_id = facts.response.as_ref().and_then(|response| response.execution_id.as_deref());
    facts.text = explain::accepted(plan.capability.as_deref(), execution_id);
    facts.kind = Some(ErrorKind::ResponseDecode);
    facts.may_have_executed = !plan.is_read_only();
    Failed { failure: Failure::Unreadable, facts }
}

/// Whether a response shows that the call did not start. Assumed: the API sends these statuses before anything runs. A 429 or 503
/// counts only as the API's own JSON error: a proxy may send them after forwarding the call.
fn is_refusal_assumed(status: u16, is_api_error: bool, retry_after: Option<Duration>) -> bool {
    match status {
        300..=399 | 400 | 401 | 402 | 403 | 404 | 405 | 406 | 411 | 413 | 414 | 415 | 422 | 431 => true,
        429 => is_api_error,
        503 => is_api_error && retry_after.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::ApiKey;

    fn facts(status: u16, kind: &str, body: &[u8]) -> StatusFacts {
        let key = ApiKey::parse("papi_abcdefgh1234").unwrap();
        let headers = [(header::CONTENT_TYPE, kind.parse().unwrap())].into_iter().collect();
        read(status, headers, body.to_vec(), true, &Scrubber::new(&key)).facts
    }

    #[test]
    fn every_known_form_of_an_error_is_read() {
        let rows: [(&str, &str, Option<&str>, Option<&str>); 11] = [
            // body, message, code, execution id
            (r#"{"error":"Invalid or missing API key"}"#, "Invalid or missing API key", None, None),
            (r#"{"error":{"code":"bad_input","message":"No text"}}"#, "No text", Some("bad_input"), None),
            (r#"{"error":"Too fast","code":"SLOW"}"#, "Too fast", Some("SLOW"), None),
            (r#"{"error":"RATE_LIMITED","message":"Slow down"}"#, "Slow down", Some("RATE_LIMITED"), None),
            (r#"{"error":"It failed","executionId":"exec_1"}"#, "It failed", None, Some("exec_1")),
            (r#"{"error":{"message":"m","executionId":"exec_2"}}"#, "m", None, Some("exec_2")),
            (r#"{"message":"only this"}"#, "only this", None, None),
            (r#"{"error":null}"#, "", None, None),
            (r#"{"error":42}"#, "", None, None),
            ("[]", "", None, None),
            ("", "", None, None),
        ];
        for (body, message, code, execution_id) in rows {
            let read = facts(500, "application/json", body.as_bytes());
            assert_eq!(
                (read.message.as_str(), read.code.as_deref(), read.execution_id.as_deref()),
                (message, code, execution_id),
                "{body}"
            );
        }
        let details = facts(400, "application/json", br#"{"error":"no","details":{"path":["a"]}}"#).details;
        assert_eq!(details, Some(serde_json::json!({"path": ["a"]})));
    }

    #[test]
    fn a_body_that_is_not_json_gives_what_it_has() {
        assert_eq!(facts(502, "text/html", b"<html>papi</html>").message, "");
        assert_eq!(facts(502, "text/plain", b" upstream is down\n").message, "upstream is down");
        assert_eq!(facts(599, "text/plain", b"\xff\xfe").message, "");
        let large = facts(500, "text/plain", &vec![b'x'; 10 << 20]);
        assert_eq!((large.message.as_str(), large.body.len()), ("", KEPT_BYTES));
    }

    #[test]
    fn a_key_that_a_cut_splits_is_in_no_body() {
        let key = ApiKey::parse("papi_abcdefgh1234").unwrap();
        let scrubber = Scrubber::new(&key);
        for begins in (KEPT_BYTES - 2 * scrubber.longest_form()..=KEPT_BYTES + 1).step_by(11) {
            for written in [key.expose().to_owned(), escaped(key.expose())] {
                let whole = [vec![b'x'; begins], written.into_bytes(), vec![b'y'; 20]].concat();
                // The reader may stop anywhere after the kept part.
                for read_bytes in [KEPT_BYTES + scrubber.longest_form(), whole.len()] {
                    let is_whole = read_bytes >= whole.len();
                    let part = whole[..read_bytes.min(whole.len())].to_vec();
                    let body = read(401, HeaderMap::new(), part, is_whole, &scrubber).facts.body;
                    let shown = String::from_utf8_lossy(&body);
                    let end = shown.trim_start_matches('x').trim_end_matches('y');
                    assert!(!end.contains("abc") && !end.contains("\\u0061"), "{begins}: {end}");
                    assert!((begins.min(KEPT_BYTES) - "papi_".len()..=KEPT_BYTES).contains(&body.len()), "{begins}");
                }
            }
        }
    }

    fn escaped(key: &str) -> String {
        key.bytes().map(|byte| format!("\\u{byte:04x}")).collect()
    }

    #[test]
    fn an_execution_id_means_that_something_started() {
        let key = ApiKey::parse("papi_abcdefgh1234").unwrap();
        let read = |body: &[u8]| {
            let response = read(429, HeaderMap::new(), body.to_vec(), true, &Scrubber::new(&key));
            (response.is_api_error, response.has_started)
        };
        assert_eq!(read(br#"{"error":"Slow down"}"#), (true, false));
        assert_eq!(read(br#"{"error":"Slow down","executionId":null}"#), (true, false));
        assert_eq!(read(br#"{"error":"Slow down","executionId":"exec_1"}"#), (true, true));
        assert_eq!(read(br#"{"error":"Slow down","executionId":7}"#), (true, true));
        assert_eq!(read(br#"{"error":{"message":"Slow down","executionId":"exec_1"}}"#), (true, true));
        assert_eq!(read(br#"{"error":"Slow down","details":{"executionId":"exec_1"}}"#), (true, true));
        assert_eq!(read(br#"{"error":{"message":"Slow down","details":{"executionId":"exec_1"}}}"#), (true, true));
        assert_eq!(read(br#"{"error":"Slow down","details":[{"executionId":"exec_1"}]}"#), (true, true));
        assert_eq!(read(br#"{"error":"Slow down","data":{"executionId":"exec_1"}}"#), (true, true));
        assert_eq!(read(br#"[{"error":"Slow down","executionId":"exec_1"}]"#), (false, true));
        assert_eq!(read(br#"{"error":"Slow down","executionId":"exec_1","executionId":null}"#), (true, true));
        assert_eq!(read(br#"{"error":"no \"executionId\" here","executionId" : null}"#), (true, false));
        assert_eq!(read(br#"{"error":"Slow down","executionId":"exec"#), (false, true));
        assert_eq!(read(br#"{"message":"Slow down"}"#), (false, false));
        assert_eq!(read(b"<html>Too Many Requests</html>"), (false, false));
        assert_eq!(read(b""), (false, false));
    }

    #[test]
    fn what_was_not_read_may_have_started() {
        let key = ApiKey::parse("papi_abcdefgh1234").unwrap();
        let read = |kind: &'static str, body: &[u8], is_whole| {
            let headers = [(header::CONTENT_TYPE, kind.parse().unwrap())].into_iter().collect();
            read(401, headers, body.to_vec(), is_whole, &Scrubber::new(&key)).has_started
        };
        assert!(read("application/json", br#"{"error":"x""#, false));
        assert!(read("application/json; charset=utf-8", br#"{"error":"x","#, true));
        assert!(!read("application/json", br#"{"error":"x"}"#, true));
        assert!(!read("text/html", b"<html>", true));
        assert!(!read("application/json", b"", true));
    }

    #[test]
    fn a_key_that_the_server_repeats_is_in_no_field() {
        let body = br#"{"error":"bad papi_abcdefgh1234","code":"papi_abcdefgh1234","details":["papi_abcdefgh1234"]}"#;
        let read = facts(401, "papi_abcdefgh1234", body);
        let all = format!("{} {:?} {:?} {:?} {:?}", read.message, read.code, read.details, read.headers, read.body);
        assert!(!all.contains("abcdefgh") && read.message == "bad papi_…1234", "{all}");
    }
}
