//! Whatever form a credential is sent in, neither the journal nor the log repeats it.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a helper of tests fails by panicking, as they do")]

use http::{HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use runtype_mock::{Decision, Entry, KeyConfig, Request, Secret, State, Time, decide, demo};
use serde_json::json;

/// A credential: one that the mock has; any other, of whatever an SDK takes for a key; one that looks like a hint.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "(papi_|rt_)[A-Za-z0-9._~-]{12,24}",
        "(papi_|rt_live_|rt_test_|ct_live_|ct_test_)[A-Za-z0-9._~-]{12,24}",
        "(papi_|rt_live_|rt_test_|ct_live_|ct_test_)[!-~]{12,24}",
        "(mcp_|a2a_)[!-~]{20,24}",
        "(papi_|rt_live_|ct_test_)…[A-Za-z0-9._~-]{12,24}",
    ]
}

/// What may stand right before a credential, so that an escape seems to reach into it.
const BEFORE: [&str; 12] = ["", "", "", "%", "%0", "%6", "%25", "\\", "\\\\", "\\u", "\\u0", "\\u006"];

/// How a character is written.
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
    // One form mostly, or any mixture.
    let one = prop_oneof![Just(Plain), Just(OtherCase), Just(Percent), Just(Json)];
    let any = prop_oneof![Just(Plain), Just(OtherCase), Just(Percent), Just(PercentLower), Just(Json), Just(JsonUpper)];
    prop_oneof![one.prop_map(|form| vec![form]), prop::collection::vec(any, 2..40)]
}

fn write(key: &str, forms: &[Form]) -> String {
    write_in(key, forms, "")
}

/// Writes a key for a place that takes some characters, `special`, only as escapes.
fn write_in(key: &str, forms: &[Form], special: &str) -> String {
    let percent = |c: char| c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let write = |(c, form): (char, &Form)| match form {
        Form::Plain | Form::OtherCase if special.contains(c) && special.contains('"') => format!("\\{c}"),
        Form::Plain | Form::OtherCase if special.contains(c) => percent(c),
        Form::Plain => c.to_string(),
        Form::OtherCase if c.is_ascii_lowercase() => c.to_ascii_uppercase().to_string(),
        Form::OtherCase => c.to_ascii_lowercase().to_string(),
        Form::Percent => percent(c),
        Form::PercentLower => percent(c).to_ascii_lowercase(),
        Form::Json => format!("\\u{:04x}", u32::from(c)),
        Form::JsonUpper => format!("\\u{:04X}", u32::from(c)),
    };
    key.chars().zip(forms.iter().cycle()).map(write).collect()
}

/// Resolves escapes of both kinds, one kind after the other, until none is left.
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

/// A key without its prefix and without the end that a hint may show.
fn hidden(key: &str) -> &str {
    let prefix = ["papi_", "rt_live_", "rt_test_", "ct_live_", "ct_test_", "mcp_", "a2a_", "rt_"];
    let rest = prefix.iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key);
    let rest = rest.strip_prefix('…').unwrap_or(rest);
    &rest[..rest.len() - 4]
}

/// Every part of a key that is longer than what a hint may show, unchanged and as a reader may decode it.
fn parts(key: &str) -> Vec<String> {
    let hidden = hidden(key).to_ascii_lowercase();
    let long = (0..hidden.len()).filter_map(|start| hidden.get(start..start + 7)).map(str::to_owned);
    let decoded = long.clone().map(|part| decoded(&part)).filter(|part| part.len() >= 6 && part.is_ascii());
    long.chain(decoded).collect()
}

fn state_with(key: &str) -> State {
    let mut state = State::new(demo::config(), Time::default()).unwrap();
    let is_possible = key.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
    if !is_possible {
        return state;
    }
    if key.starts_with("papi_") {
        state.mint("surf_demo", KeyConfig::new(key), Time::default()).unwrap();
    } else {
        state.platform_keys.push(Secret::new(key));
    }
    state
}

/// Everything that the mock tells of a request: the lines of both logs, the entry in Rust, the journal over HTTP.
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
    let parts = parts(key);
    for text in told(state, request) {
        let forms = [text.to_ascii_lowercase(), decoded(&text)];
        for part in &parts {
            prop_assert!(!forms.iter().any(|text| text.contains(part)), "{part} of {key} is in {text}");
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
    fn no_place_of_a_request_repeats_a_key(
        key in key(), forms in forms(), before in prop::sample::select(&BEFORE[..]), is_known: bool,
    ) {
        // A platform key of another form than these is only known to the mock that has it.
        let is_known = is_known || (key.starts_with("rt_") && !["rt_live_", "rt_test_"].iter().any(|p| key.starts_with(p)));
        let mut state = state_with(if is_known { &key } else { "papi_another_0123456789" });
        let plain = format!("{before}{}", write(&key, &forms));
        let in_path = format!("{before}{}", write_in(&key, &forms, "/?#"));
        let in_query = format!("{before}{}", write_in(&key, &forms, "&#"));
        let in_json = write_in(&key, &forms, "\"\\");

        let mut path = request("");
        path.path = format!("{}{in_path}/x", path.path);
        assert_untold(&mut state, &path, &key)?;
        path.path = format!("/v1/products/prod_demo/surfaces/surf_demo/api/x{in_path}");
        assert_untold(&mut state, &path, &key)?;

        let mut query = request("echo");
        query.query = format!("a=b&key=%22{in_query}%22&c=d");
        assert_untold(&mut state, &query, &key)?;

        let mut headers = request("echo");
        headers.headers.append("x-other", HeaderValue::from_bytes(format!("a; k={plain}").as_bytes()).unwrap());
        headers.headers.append("x-other", HeaderValue::from_bytes(plain.as_bytes()).unwrap());
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
            format!(r#"{{"a": ["{before}{in_json}"]}}"#),
            format!(r#"{{"a":["{in_json}"],"b":1}}"#),
            format!(r#"{{"a": {{"{in_json}": {{"b{in_json}c": 1}}}}}}"#),
            json!({"a": plain, "nested": json!({"k": plain}).to_string()}).to_string(),
            json!({"a": json!({"nested": json!({"k": plain}).to_string()}).to_string()}).to_string(),
            format!("key={plain}&x=y"),
            format!(r#"{{"broken": "{plain}", "#),
        ] {
            let mut with_body = request("echo");
            with_body.headers.insert("x-api-key", HeaderValue::from_static(demo::FULL_KEY));
            with_body.body = body.into();
            assert_untold(&mut state, &with_body, &key)?;
        }

        let mut dispatch = request("dispatch");
        dispatch.body = format!(r#"{{"capability": "{in_json}", "input": {{}}}}"#).into();
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
                sent.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
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
fn a_control_character_does_not_vanish_and_leave_a_key() {
    let mut state = State::new(demo::config(), Time::default()).unwrap();
    let told = told(&mut state, &request("pap%0Ai_0123456789abcdef"));
    assert!(told.iter().all(|text| !text.contains("papi_0123456789")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("pap\\ni_0123456789")), "{told:?}");
}

/// The body, the query, the path and a header of requests that carry a credential, and the capability.
fn shown(text: &str, state: &mut State) -> Vec<String> {
    let mut sent = request(text);
    sent.query = format!("k={text}&c=d");
    sent.headers.insert("x-other", HeaderValue::from_bytes(text.as_bytes()).unwrap());
    sent.body = format!(r#"{{"a":"{text}","b":1}}"#).into();
    told(state, &sent)
}

#[test]
fn a_credential_that_the_mock_does_not_have_is_hidden_to_its_end() {
    let mut state = State::new(demo::config(), Time::default()).unwrap();
    for text in [
        "papi_ab.zqsecretzq9876",
        "papi_ab~zqsecretzq9876",
        "papi_ab%3Dzqsecretzq9876",
        "papi_ab=zqsecretzq9876",
        "papi_ab,zqsecretzq9876",
        "papi_ab%2Fzqsecretzq9876",
        "rt_live_ab.zqsecretzq9876",
        "mcp_ab.zqsecretzq98760000",
        "papi_…zqsecretzq9876",
        "papi_…9876zqsecretzq",
        "papi_…9876,zqsecretzq",
        "papi_%E2%80%A6zqsecretzq9876",
        r"papi_\u2026zqsecretzq9876",
        r#"papi_ab\"zqsecretzq9876"#,
    ] {
        let told = shown(text, &mut state);
        assert!(told.iter().all(|told| !told.contains("zqsecret")), "{text}: {told:?}");
        let journal = told.last().unwrap();
        assert!(journal.contains(r#""b":1"#) && journal.contains("&c=d"), "what follows is shown: {journal}");
    }
}

#[test]
fn a_deleted_key_is_hidden_still() {
    let mut state = state_with("papi_ab.zqsecretzq9876");
    let id =
        state.surfaces["surf_demo"].keys.values().find(|key| key.secret.expose().contains("zq")).unwrap().id.clone();
    let mut delete = Request::new(Method::DELETE, &format!("/__mock/keys/{id}"));
    delete.headers.insert("host", HeaderValue::from_static("localhost"));
    decide(&delete, &mut state, Time::default());
    assert!(state.surfaces["surf_demo"].keys.values().all(|key| !key.secret.expose().contains("zq")));
    let told = shown("papi_ab.zqsecretzq9876", &mut state);
    assert!(told.iter().all(|told| !told.contains("zqsecret")), "{told:?}");
}

#[test]
fn an_escape_that_ends_before_a_credential_hides_none_of_it() {
    let mut state = State::new(demo::config(), Time::default()).unwrap();
    for text in [
        r"%0c\u0074_live_zqsecretzq9876",
        r"%0c\u0074_test_zqsecretzq9876",
        r"%0a\u0032a_zqsecretzq98760000",
        r"%0\u0061\u0032a_zqsecretzq98760000",
    ] {
        let told = shown(text, &mut state);
        assert!(told.iter().all(|told| !told.contains("zqsecret")), "{text}: {told:?}");
    }
}

#[test]
fn what_has_the_shape_of_a_hint_stays() {
    let mut state = State::new(demo::config(), Time::default()).unwrap();
    for hint in ["papi_…", "papi_…cdef", "rt_live_…cdef"] {
        let told = shown(hint, &mut state);
        assert!(told.last().unwrap().contains(&format!(r#""a":"{hint}""#)), "{told:?}");
    }
}
