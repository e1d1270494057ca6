//! Conditions on a call: which calls an answer is for, and which calls a verification counts.

use std::collections::BTreeMap;

use http::HeaderMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::{
    config::fault::Numbers,
    secret::{PREFIX, hint},
};

/// Conditions on a call. All that are set must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// The input has these fields with these values; it may have others. Lists must be equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// The input has these values at these places, JSON Pointers (RFC 6901) such as `/items/0/id`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub at: BTreeMap<String, Value>,
    /// The request has these headers with these values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The key of the call, named by its plain text, its id or its name.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "hidden")]
    pub key: Option<String>,
    /// Numbers of the capability's calls that ran it, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Numbers>,
    /// Whether the call requests a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
}

/// Shows a key as its hint.
#[expect(clippy::ref_option, reason = "serde passes a reference")]
fn hidden<S: Serializer>(key: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    key.as_deref().map(shown).serialize(serializer)
}

/// A key as its hint, or its id or its name.
fn shown(key: &str) -> String {
    if key.starts_with(PREFIX) { hint(key) } else { key.to_owned() }
}

/// What conditions look at.
pub(crate) struct Facts<'a> {
    /// The input; `None` if it is unknown.
    pub(crate) input: Option<&'a Value>,
    /// The headers.
    pub(crate) headers: &'a HeaderMap,
    /// The id of the key, if it is valid.
    pub(crate) key_id: Option<&'a str>,
    /// Number of the call, if it ran the capability.
    pub(crate) call: Option<u64>,
    /// Whether it requests a stream.
    pub(crate) stream: bool,
}

impl When {
    /// Any call.
    pub fn any() -> Self {
        Self::default()
    }

    /// Calls whose input has these fields with these values.
    pub fn input(input: impl Into<Value>) -> Self {
        Self { input: Some(input.into()), ..Self::default() }
    }

    /// The input has this value at this JSON Pointer.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        self.at.insert(pointer.into(), value.into());
        self
    }

    /// The request has this header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The call has this key, named by its plain text, its id or its name.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The call is the n-th one that ran the capability, counted from 1.
    #[must_use]
    pub fn call(mut self, number: u64) -> Self {
        self.call = Some(Numbers::One(number));
        self
    }

    /// Whether the call requests a stream.
    #[must_use]
    pub fn stream(mut self, stream: bool) -> Self {
        self.stream = Some(stream);
        self
    }

    /// Validates it; the error names the field, the rule and the remedy.
    pub(crate) fn validate(&self) -> Result<(), String> {
        if self.input.as_ref().is_some_and(|input| !input.is_object()) {
            return Err(
                "`input` of a condition is an object, as the input of a call is; for one value use `at`".to_owned()
            );
        }
        match self.at.keys().find(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
            Some(pointer) => {
                Err(format!("`at` has {pointer:?}; a JSON Pointer begins with a slash, as in \"/items/0/id\""))
            }
            None => Ok(()),
        }
    }

    /// The conditions that do not hold, in words. `key_id` finds the id of a key by its plain text, its id or its name.
    pub(crate) fn misses(&self, facts: &Facts<'_>, key_id: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let mut misses = Vec::new();
        if (self.input.is_some() || !self.at.is_empty()) && facts.input.is_none() {
            misses.push("its input is not known".to_owned());
        }
        if let (Some(wanted), Some(input)) = (&self.input, facts.input) {
            differences("", wanted, input, &mut misses);
        }
        if let Some(input) = facts.input {
            for (pointer, wanted) in &self.at {
                compare(pointer, wanted, input.pointer(pointer), &mut misses);
            }
        }
        for (name, wanted) in &self.headers {
            let sent = facts.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            let sent: Vec<_> = sent.collect();
            if !sent.iter().any(|value| value == wanted) {
                let sent = sent.first().map_or_else(|| "missing".to_owned(), |value| format!("{value:?}"));
                misses.push(format!("header {name} is {sent}, not {wanted:?}"));
            }
        }
        if let Some(wanted) = &self.key
            && (facts.key_id.is_none() || key_id(wanted).as_deref() != facts.key_id)
        {
            misses.push(format!("its key is not {}", shown(wanted)));
        }
        if let Some(wanted) = &self.call
            && !facts.call.is_some_and(|call| wanted.contains(call))
        {
            let call = facts
                .call
                .map_or_else(|| "it did not run the capability".to_owned(), |call| format!("it is call {call}"));
            misses.push(format!("{call}, not {wanted}"));
        }
        if let Some(wanted) = self.stream
            && wanted != facts.stream
        {
            misses.push(if wanted { "it requests no stream" } else { "it requests a stream" }.to_owned());
        }
        misses
    }
}

/// The places at which an input does not have the wanted fields.
fn differences(place: &str, wanted: &Value, input: &Value, misses: &mut Vec<String>) {
    let Value::Object(fields) = wanted else {
        return compare(place, wanted, Some(input), misses);
    };
    for (name, wanted) in fields {
        let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
        match input.get(name) {
            Some(input) => differences(&place, wanted, input, misses),
            None => compare(&place, wanted, None, misses),
        }
    }
}

fn compare(place: &str, wanted: &Value, seen: Option<&Value>, misses: &mut Vec<String>) {
    if seen != Some(wanted) {
        let seen = seen.map_or_else(|| "missing".to_owned(), |seen| short(&seen.to_string()));
        misses.push(format!("input {place} is {seen}, not {}", short(&wanted.to_string())));
    }
}

/// Length from which a value is not shown in full.
const LONGEST_SHOWN: usize = 80;

/// A text, cut off if it is long.
fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn misses(when: &When, input: &Value) -> Vec<String> {
        let mut headers = HeaderMap::new();
        headers.insert("x-tenant", "a".parse().unwrap());
        let facts =
            Facts { input: Some(input), headers: &headers, key_id: Some("key_1"), call: Some(2), stream: false };
        when.misses(&facts, |named| (named == "Mine" || named == "papi_mine_0123456789").then(|| "key_1".to_owned()))
    }

    #[test]
    fn all_conditions_must_hold() {
        let input = json!({"item": {"id": 7, "name": "tea"}, "tags": ["a", "b"]});
        let holds = When::input(json!({"item": {"id": 7}}))
            .at("/tags/1", "b")
            .header("X-Tenant", "a")
            .key("Mine")
            .call(2)
            .stream(false);
        assert_eq!(misses(&holds, &input), [""; 0]);
        assert_eq!(misses(&When::any(), &input), [""; 0]);
        for (when, words) in [
            (When::input(json!({"item": {"id": 8}})), "input /item/id is 7, not 8"),
            (When::input(json!({"cups": 1})), "input /cups is missing, not 1"),
            (When::input(json!({"tags": ["a"]})), "input /tags is [\"a\",\"b\"], not [\"a\"]"),
            (When::any().at("/tags/2", "c"), "input /tags/2 is missing, not \"c\""),
            (When::any().header("X-Tenant", "b"), "header X-Tenant is \"a\", not \"b\""),
            (When::any().header("X-Other", "b"), "header X-Other is missing, not \"b\""),
            (When::any().key("papi_yours_0123456789"), "its key is not papi_…6789"),
            (When::any().call(1), "it is call 2, not 1"),
            (When::any().stream(true), "it requests no stream"),
        ] {
            assert_eq!(misses(&when, &input), [words]);
        }
    }

    #[test]
    fn a_key_is_shown_as_its_hint() {
        let shown = json!(When::any().key("papi_mine_0123456789"));
        assert_eq!(shown, json!({"key": "papi_…6789"}));
    }

    #[test]
    fn a_condition_that_can_never_hold_is_refused() {
        assert!(When::input(json!(7)).validate().unwrap_err().contains("use `at`"));
        assert!(When::any().at("items", 7).validate().unwrap_err().contains("begins with a slash"));
        assert_eq!(When::input(json!({})).at("", json!({})).validate(), Ok(()));
    }
}
