//! Doors for the fuzz targets. Compiled for fuzzing, and for its own tests, so that a change which breaks a target is seen.
//!
//! A function that finds a broken rule panics, which is what a fuzzer reports.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a fuzz target reports by panicking")]

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{
    config::values::ResponseFormat,
    endpoint::Endpoint,
    error::{
        Error,
        explain::{AddressNames, AskedAgain, Explanation, explain},
        facts::Facts,
        kind::ErrorKind,
    },
    key::{ApiKey, scrubber::Scrubber},
    response::{
        call_response::CallResponse,
        error_body,
        limits::{Quota, RateLimit},
        retry_after::retry_after,
        values::count_values,
    },
    stream::{event::StreamEvent, parser::EventParser},
};

/// The key that the targets must not find in any output.
pub const KEY: &str = "papi_fuzz/key-0001";

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn key() -> ApiKey {
    ApiKey::parse(KEY).unwrap()
}

/// Parses a stream in pieces: name and data of each event; `None` if an event exceeds the limit.
#[must_use]
pub fn parse_events(pieces: &[&[u8]], limit: usize) -> Option<Vec<(String, Bytes)>> {
    let mut parser = EventParser::new(limit);
    let mut events = Vec::new();
    for piece in pieces {
        let mut emit = |event| {
            let event = StreamEvent::new(event);
            events.push((event.name().to_owned(), event.data().clone()));
        };
        parser.feed(Bytes::copy_from_slice(piece), &mut emit).ok()?;
    }
    Some(events)
}

fn header_map(headers: &[(&[u8], &[u8])]) -> HeaderMap {
    let pair = |(name, value): &(&[u8], &[u8])| {
        Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    headers.iter().filter_map(pair).collect()
}

/// All that an application can read of the error of a response.
#[must_use]
pub fn error_outputs(status: u16, headers: &[(&[u8], &[u8])], body: &[u8], is_whole: bool) -> Vec<Vec<u8>> {
    let (key, scrubber) = (key(), Scrubber::new(&key()));
    let response = error_body::read(status, header_map(headers), body.to_vec(), is_whole, &scrubber).facts;
    let address = AddressNames { product: "product_id".into(), surface: "surface_id".into() };
    let explanation = Explanation {
        capability: Some("echo"),
        key_hint: &key.hint(),
        header: "Authorization",
        asked_again: AskedAgain::No,
        longest_wait: Some(("max_retry_wait", Duration::from_secs(60))),
        may_have_executed: true,
        address: &address,
    };
    let text = explain(&response, &explanation);
    for character in text.chars().filter(|c| *c != '\n') {
        assert!(!character.is_control(), "the text has the control character {character:?}");
    }
    assert!(text.lines().count() <= 4, "the text has too many lines: {text}");
    let error = Error::new(Facts {
        kind: Some(ErrorKind::of_status(status)),
        text,
        response: Some(response),
        ..Facts::default()
    });
    let mut outputs: Vec<Vec<u8>> = [
        Some(error.to_string()),
        Some(format!("{error:?}")),
        error.server_message().map(str::to_owned),
        error.code().map(str::to_owned),
        error.request_id().map(str::to_owned),
        error.execution_id().map(str::to_owned),
        error.location().map(str::to_owned),
        error.upgrade_url().map(str::to_owned),
        error.details().map(Value::to_string),
    ]
    .into_iter()
    .flatten()
    .map(String::into_bytes)
    .collect();
    outputs.extend(error.body().map(|body| body.to_vec()));
    for (name, value) in error.headers().into_iter().flatten() {
        outputs.push(name.as_str().as_bytes().to_vec());
        outputs.push(value.as_bytes().to_vec());
    }
    outputs
}

/// Hides the key in any bytes.
#[must_use]
pub fn scrub(bytes: &[u8]) -> Vec<u8> {
    Scrubber::new(&key()).bytes(bytes.to_vec())
}

/// Reads a success in each format, and decodes it.
pub fn read_response(body: &[u8]) {
    let values = count_values(body);
    for format in [ResponseFormat::Detect, ResponseFormat::Raw, ResponseFormat::Wrapped] {
        let headers = HeaderMap::new();
        let response = CallResponse {
            output: Bytes::copy_from_slice(body),
            status: 200,
            request_id: None,
            execution_id: None,
            metadata: None,
            rate_limit: RateLimit::read(&headers),
            quota: Quota::read(&headers),
            headers,
            attempts: Vec::new(),
            elapsed: Duration::ZERO,
            capability: None,
            key: key(),
        }
        .unwrapped(format);
        assert!(response.output.len() <= body.len(), "the output is longer than the body");
        let id = response.execution_id.clone();
        match response.decode::<Value>() {
            Ok(decoded) => assert!(values_of(&decoded.output) <= values, "more values than were counted"),
            Err(error) => assert!(error.kind() == ErrorKind::ResponseDecode && error.may_have_executed(), "{error}"),
        }
        assert!(!id.unwrap_or_default().contains(KEY), "the key is in the execution id");
    }
}

fn values_of(value: &Value) -> u64 {
    match value {
        Value::Array(items) => 1 + items.iter().map(values_of).sum::<u64>(),
        Value::Object(fields) => 1 + fields.values().map(values_of).sum::<u64>(),
        _ => 1,
    }
}

/// Reads the wait that a server asks for, and its limits.
pub fn read_wait(milliseconds: Option<&[u8]>, after: Option<&[u8]>, date: Option<&[u8]>, reset: Option<&[u8]>) {
    let pairs: [(&[u8], Option<&[u8]>); 5] = [
        (b"retry-after-ms", milliseconds),
        (b"retry-after", after),
        (b"date", date),
        (b"ratelimit-reset", reset),
        (b"x-ratelimit-reset", reset),
    ];
    let headers: Vec<_> = pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let headers = header_map(&headers);
    if let Some(wait) = retry_after(&headers, SystemTime::now()) {
        assert!(wait <= YEAR, "a wait of {wait:?}");
    }
    if let Some(wait) = RateLimit::read(&headers).and_then(|limit| limit.reset_after) {
        assert!(wait <= YEAR + Duration::from_secs(24 * 60 * 60), "a reset after {wait:?}");
    }
}

/// Parses an endpoint and a slug. The URL of a call stays on the endpoint's origin and below its path.
pub fn parse_endpoint(url: &str, slug: &str) {
    let Ok(endpoint) = Endpoint::parse(url) else { return };
    assert!(!endpoint.to_string().contains("papi_f"), "{endpoint}");
    // What looks like a credential is hidden where the endpoint is shown, so the text is not the address.
    if endpoint.to_string().contains('…') {
        return;
    }
    let again = Endpoint::parse(&endpoint.to_string());
    assert_eq!(again.ok().as_ref(), Some(&endpoint), "{url:?} is not the same again");
    let surface = endpoint.without_capability();
    let Ok(called) = surface.capability_url(slug) else { return };
    assert!(called.as_str().starts_with(&surface.to_string()), "{called} left {surface}");
    assert!(called.query().is_none() && called.fragment().is_none(), "{called}");
    let base = surface.capability_url("x").unwrap();
    assert_eq!(called.path_segments().unwrap().count(), base.path_segments().unwrap().count(), "{called}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_door_accepts_an_ordinary_input() {
        let events = parse_events(&[b"data: {\"type\":\"ping\"}\n", b"\n"], 100).unwrap();
        assert_eq!(events, [("ping".to_owned(), Bytes::from("{\"type\":\"ping\"}"))]);
        assert_eq!(scrub(format!("a {KEY} b").as_bytes()), "a papi_…0001 b".as_bytes());
        let body = format!(r#"{{"error":"no {KEY}"}}"#);
        let outputs = error_outputs(401, &[(b"x-request-id", KEY.as_bytes())], body.as_bytes(), true);
        assert!(outputs.iter().all(|output| !String::from_utf8_lossy(output).contains(KEY)));
        assert!(outputs.iter().any(|output| String::from_utf8_lossy(output).contains("papi_…0001")));
        read_response(br#"{"output":[1,2],"executionId":"exec_1"}"#);
        read_wait(Some(b"5"), Some(b"Fri, 31 Dec 9999 23:59:59 GMT"), None, Some(b"9"));
        parse_endpoint("https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/echo", "a/b");
    }
}
