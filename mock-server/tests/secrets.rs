//! Neither the journal nor the log shows a credential, in whatever form it is sent.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a helper of tests fails by panicking, as they do")]

use http::{HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use runtype_mock::{Decision, Entry, KeyConfig, Request, Secret, State, Time, decide, demo};
use serde_json::json;

/// A key with a known prefix, or one that only the mock that has it can recognise.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "(papi_|rt_live_|rt_test_|ct_live_)[A-Za-z0-9_-]{12,24}",
        "(mcp_|a2a_)[A-Za-z0-9_-]{20,24}",
        "papi_[A-Za-z0-9._~-]{12,24}",
        "rt_[A-Za-z0-9._~-]{12,24}",
    ]
}

/// Encoding of a character.
#[derive(Debug, Clone, Copy)]
enum Form {
    Plain,
    OtherCase,
    Percent,
    PercentLower,
    Json,
    JsonUpper,
}

fn forms() -> impl Strategy<Value = Vec<Form>> {
    use Form::{Json, JsonUpper, OtherCase, Percent, PercentLower, Plain};
    // Mostly one encoding, or any mixture.
    let one = prop_oneof![Just(Plain), Just(OtherCase), Just(Percent), Just(Json)];
    let any = prop_oneof![Just(Plain), Just(OtherCase), Just(Percent), Just(PercentLower), Just(Json), Just(JsonUpper)];
    prop_oneof![one.prop_map(|form| vec![form]), prop::collection::vec(any, 2..40)]
}

fn write(key: &str, forms: &[Form]) -> String {
    let write = |(c, form): (char, &Form)| match form {
        Form::Plain => c.to_string(),
        Form::OtherCase if c.is_ascii_lowercase() => c.to_ascii_uppercase().to_string(),
        Form::OtherCase => c.to_ascii_lowercase().to_string(),
        Form::Percent => format!("%{:02X}", u32::from(c)),
        Form::PercentLower => format!("%{:02x}", u32::from(c)),
        Form::Json => format!("\\u{:04x}", u32::from(c)),
        Form::JsonUpper => format!("\\u{:04X}", u32::from(c)),
    };
    key.chars().zip(forms.iter().cycle()).map(write).collect()
}

/// Resolves escapes of both kinds in turn, until none is left.
fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    loop {
        let next = unescaped(&percent_decode_str(&text).decode_utf8_lossy());
        if next == text {
            return text.to_ascii_lowercase();
        }
        text = next;
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('\\').peekable();
    out.extend(parts.next());
    while let Some(part) = parts.next() {
        let byte = part.strip_prefix("u00").and_then(|rest| Some((rest.get(..2)?, rest.get(2..)?)));
        match byte.map(|(digits, rest)| (u8::from_str_radix(digits, 16), rest)) {
            Some((Ok(byte), rest)) if byte < 128 => out.extend([&*char::from(byte).to_string(), rest]),
            _ if part.starts_with(['"', '/']) => out.push_str(part),
            // Two of them are one.
            _ if part.is_empty() && parts.peek().is_some() => out.extend(["\\", parts.next().unwrap()]),
            _ => out.extend(["\\", part]),
        }
    }
    out
}

/// A key without its prefix and the end that a hint shows.
fn hidden(key: &str) -> &str {
    let prefix = ["papi_", "rt_live_", "rt_test_", "ct_live_", "mcp_", "a2a_", "rt_"];
    let rest = prefix.iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key);
    &rest[..rest.len() - 4]
}

fn state_with(key: &str) -> State {
    let mut state = State::new(demo::config(), Time::default()).unwrap();
    if key.starts_with("papi_") {
        state.mint("surf_demo", KeyConfig::new(key), Time::default()).unwrap();
    } else {
        state.platform_keys.push(Secret::new(key));
    }
    state
}

/// All records of a request: the lines of both logs, the entry in Rust, the journal over HTTP.
fn told(state: &mut State, request: &Request) -> Vec<String> {
    state.journal.clear(None);
    decide(request, state, Time::default());
    let mut told = Vec::new();
    for entry in state.journal.entries() {
        told.extend([entry.to_string(), format!("{entry:?}")]);
        let Entry { method, path, query, headers, body, capability, .. } = entry;
        let body = String::from_utf8_lossy(body);
        told.push(format!("{method} {path} {query} {headers:?} {body} {capability:?}"));
    }
    let mut journal = Request::new(Method::GET, "/__mock/journal");
    journal.headers.insert("host", HeaderValue::from_static("localhost"));
    if let Decision::Answer(_, plan) = decide(&journal, state, Time::default()) {
        told.push(String::from_utf8_lossy(&plan.body()).into_owned());
    }
    told
}

fn assert_untold(state: &mut State, request: &Request, key: &str) -> Result<(), TestCaseError> {
    for text in told(state, request) {
        for secret in [hidden(key).to_ascii_lowercase(), decoded(hidden(key))] {
            let found = text.to_ascii_lowercase().contains(&secret) || decoded(&text).contains(&secret);
            prop_assert!(!found, "{secret} of {key} is in {text}");
        }
    }
    Ok(())
}

fn request(path: &str) -> Request {
    Request::new(Method::POST, &format!("/v1/products/prod_demo/surfaces/surf_demo/api/{path}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_place_of_a_request_repeats_a_key(key in key(), forms in forms()) {
        let mut state = state_with(&key);
        let plain = write(&key, &forms);

        let mut path = request("");
        path.path = format!("{}{plain}/x", path.path);
        assert_untold(&mut state, &path, &key)?;
        path.path = format!("/v1/products/prod_demo/surfaces/surf_demo/api/x{plain}");
        assert_untold(&mut state, &path, &key)?;

        let mut query = request("echo");
        query.query = format!("a=b&key=%22{plain}%22&c=d");
        assert_untold(&mut state, &query, &key)?;

        let mut headers = request("echo");
        headers.headers.append("x-other", HeaderValue::from_str(&format!("a; k={plain}")).unwrap());
        headers.headers.append("x-other", HeaderValue::from_str(&plain).unwrap());
        if let Ok(name) = HeaderName::from_bytes(format!("x-{plain}").as_bytes()) {
            headers.headers.append(name, HeaderValue::from_static("a"));
        }
        assert_untold(&mut state, &headers, &key)?;

        if let Ok(method) = Method::from_bytes(plain.as_bytes()) {
            let mut odd = request("echo");
            odd.method = method;
            assert_untold(&mut state, &odd, &key)?;
        }

        for body in [
            plain.clone(),
            format!(r#"{{"a": ["{plain}"]}}"#),
            format!(r#"{{"a": {{"{plain}": {{"b{plain}c": 1}}}}}}"#),
            json!({"a": plain, "nested": json!({"k": plain}).to_string()}).to_string(),
            format!("key={plain}&x=y"),
        ] {
            let mut with_body = request("echo");
            with_body.headers.insert("x-api-key", HeaderValue::from_static(demo::FULL_KEY));
            with_body.body = body.into();
            assert_untold(&mut state, &with_body, &key)?;
        }

        let mut dispatch = request("dispatch");
        dispatch.body = format!(r#"{{"capability": "{plain}", "input": {{}}}}"#).into();
        assert_untold(&mut state, &dispatch, &key)?;
    }

    #[test]
    fn no_value_of_a_credential_header_is_repeated(
        key in prop_oneof![key(), "[A-Za-z0-9]{16,24}"], forms in forms(), scheme in "(Bearer|bearer|Basic|Custom|) ?",
    ) {
        let mut state = state_with("papi_another_0123456789");
        let value = write(&key, &forms);
        for name in ["authorization", "proxy-authorization", "x-api-key", "cookie", "set-cookie"] {
            let mut sent = request("echo");
            for value in [
                "Bearer papi_demo_full".to_owned(),
                format!("{scheme}{value}"),
                format!("{scheme}{value}, {scheme}{value}, x"),
                format!("session={value}; b=c"),
            ] {
                sent.headers.append(name, HeaderValue::from_str(&value).unwrap());
            }
            assert_untold(&mut state, &sent, &key)?;
        }
    }

    #[test]
    fn a_key_is_not_repeated_wherever_the_beginning_of_a_body_ends(key in key(), forms in forms(), before in 0_usize..160) {
        let mut state = state_with(&key);
        let mut sent = request("echo");
        sent.body = format!("{}{}", "x".repeat(65_536 - before), write(&key, &forms)).into();
        decide(&sent, &mut state, Time::default());
        let body = state.journal.entries().next().unwrap().body.clone();
        let tail = decoded(&String::from_utf8_lossy(body.get(65_000.min(body.len())..).unwrap_or_default()));
        // Four characters are a hint; a prefix is none.
        let secret = decoded(hidden(&key));
        if secret.len() >= 5 && !secret.starts_with('x') {
            let shown: String = secret.chars().take(5).collect();
            prop_assert!(!tail.contains(&shown), "{shown} is in {tail}");
        }
    }
}

#[test]
fn removing_a_control_character_does_not_reveal_a_key() {
    let mut state = State::new(demo::config(), Time::default()).unwrap();
    let told = told(&mut state, &request("pap%0Ai_0123456789abcdef"));
    assert!(told.iter().all(|text| !text.contains("papi_0123456789")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("pap\\ni_0123456789")), "{told:?}");
}
