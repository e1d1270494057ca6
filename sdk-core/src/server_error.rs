//! Reads the body of an answer that is an error, whatever it is.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use crate::{error::StatusFacts, redact::Scrubber};

/// As much of an error's body as is read and kept.
pub(crate) const KEPT_BYTES: usize = 64 * 1024;

/// A text body longer than this is a page, not a message.
const LONGEST_MESSAGE: usize = 500;

/// The header that carries the request's id. No public page names it: assumed.
const ASSUMED_REQUEST_ID: &str = "x-request-id";

/// The request's id, from an answer's headers.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(ASSUMED_REQUEST_ID)?.as_bytes()).into_owned())
}

/// Gathers what an error answer says. The documented form is a JSON object with `error`, a string or an object with
/// `code` and `message`, and where known `code`, `message`, `details`, `executionId` (api.md). Anything else gives what it
/// has: a short text is the message, and where there is nothing the status has a name.
pub(crate) fn read(status: u16, headers: HeaderMap, body: &[u8], scrubber: &Scrubber) -> StatusFacts {
    let headers = scrub_headers(headers, scrubber);
    let json = serde_json::from_slice::<Value>(body).ok().map(|json| scrubber.json(json));
    let fields = json.as_ref().and_then(Value::as_object);
    let nested = fields.and_then(|fields| fields.get("error")).and_then(Value::as_object);
    let text = |name| own_text(fields, name).or_else(|| own_text(nested, name));
    // An `error` without blanks beside a `message` is a code: {"error": "RATE_LIMITED", "message": "Slow down"}.
    let (error, message) = (own_text(fields, "error"), text("message"));
    let error_is_code = message.is_some() && error.as_ref().is_some_and(|error| !error.contains(char::is_whitespace));
    let code = text("code").or_else(|| error.clone().filter(|_| error_is_code));
    let message = error
        .filter(|_| !error_is_code)
        .or(message)
        .or_else(|| plain_text(&headers, body).map(|text| scrubber.text(text)));
    StatusFacts {
        status,
        message: message.unwrap_or_else(|| reason(status)),
        code,
        details: [fields, nested].into_iter().flatten().find_map(|fields| fields.get("details")).cloned(),
        request_id: request_id(&headers),
        execution_id: text("executionId"),
        retry_after: crate::retry_after::retry_after(&headers, std::time::SystemTime::now()),
        location: headers.get(header::LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        headers,
        body: Bytes::from(scrubber.bytes(body.get(..KEPT_BYTES).unwrap_or(body).to_vec())),
    }
}

/// The headers with a hint in place of the key, if the server repeats it.
pub(crate) fn scrub_headers(mut headers: HeaderMap, scrubber: &Scrubber) -> HeaderMap {
    for value in headers.values_mut().filter(|value| scrubber.finds_key(value.as_bytes())) {
        let clean = scrubber.bytes(value.as_bytes().to_vec());
        *value = HeaderValue::from_bytes(&clean).unwrap_or_else(|_| HeaderValue::from_static("papi_"));
    }
    headers
}

fn own_text(fields: Option<&Map<String, Value>>, name: &str) -> Option<String> {
    let text = fields?.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// A body that is plain text and short enough to be a message.
fn plain_text(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/plain");
    let text = std::str::from_utf8(body).ok()?.trim();
    let is_message = kind.starts_with("text/plain") && !text.is_empty() && text.len() <= LONGEST_MESSAGE;
    is_message.then(|| text.to_owned())
}

fn reason(status: u16) -> String {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .map_or_else(|| format!("status {status}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApiKey;

    fn facts(status: u16, kind: &str, body: &[u8]) -> StatusFacts {
        let key = ApiKey::parse("papi_abcdefgh1234").unwrap();
        let headers = [(header::CONTENT_TYPE, kind.parse().unwrap())].into_iter().collect();
        read(status, headers, body, &Scrubber::new(&key))
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
            (r#"{"error":null}"#, "Internal Server Error", None, None),
            (r#"{"error":42}"#, "Internal Server Error", None, None),
            ("[]", "Internal Server Error", None, None),
            ("", "Internal Server Error", None, None),
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
        assert_eq!(facts(502, "text/html", b"<html>papi</html>").message, "Bad Gateway");
        assert_eq!(facts(502, "text/plain", b" upstream is down\n").message, "upstream is down");
        assert_eq!(facts(599, "text/plain", b"\xff\xfe").message, "status 599");
        let large = facts(500, "text/plain", &vec![b'x'; 10 << 20]);
        assert_eq!((large.message.as_str(), large.body.len()), ("Internal Server Error", KEPT_BYTES));
    }

    #[test]
    fn a_key_that_the_server_repeats_is_in_no_field() {
        let body = br#"{"error":"bad papi_abcdefgh1234","code":"papi_abcdefgh1234","details":["papi_abcdefgh1234"]}"#;
        let read = facts(401, "papi_abcdefgh1234", body);
        let all = format!("{} {:?} {:?} {:?} {:?}", read.message, read.code, read.details, read.headers, read.body);
        assert!(!all.contains("abcdefgh") && read.message == "bad papi_…1234", "{all}");
    }
}
