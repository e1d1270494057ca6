//! Target of a call: a capability, by path or by body, or the OpenAPI document.

use std::borrow::Cow;

use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Target of the last path segment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A capability.
    Capability,
    /// The capability that the body names.
    Dispatch,
    /// The OpenAPI document.
    Json,
    /// The same in YAML.
    Yaml,
}

/// The capability that a request names, and its input if it is a JSON object.
pub(crate) struct Named<'a> {
    pub(crate) slug: Option<Cow<'a, str>>,
    pub(crate) input: Option<&'a RawValue>,
}

impl Target {
    /// Parses the last path segment.
    pub(crate) fn of(slug: &str) -> Self {
        match slug {
            "dispatch" => Self::Dispatch,
            "openapi.json" => Self::Json,
            "openapi.yaml" => Self::Yaml,
            _ => Self::Capability,
        }
    }

    /// The method it allows.
    pub(crate) fn method(self) -> (Method, &'static str) {
        match self {
            Self::Capability | Self::Dispatch => (Method::POST, "POST"),
            Self::Json | Self::Yaml => (Method::GET, "GET"),
        }
    }

    /// The capability that a request for it names. `slug` is the last segment of its path.
    pub(crate) fn named<'a>(self, slug: &'a str, body: &'a [u8]) -> Named<'a> {
        /// The body of a dispatch.
        #[derive(Deserialize)]
        struct Dispatch<'a> {
            #[serde(borrow)]
            capability: Cow<'a, str>,
            #[serde(borrow)]
            input: Option<&'a RawValue>,
        }

        match self {
            Self::Capability => Named { slug: Some(Cow::Borrowed(slug)), input: json_object(body) },
            Self::Dispatch => match serde_json::from_slice::<Dispatch<'_>>(body) {
                Ok(Dispatch { capability, input }) => {
                    let input = input.and_then(|input| json_object(input.get().as_bytes()));
                    Named { slug: Some(capability), input }
                }
                Err(_) => Named { slug: None, input: None },
            },
            Self::Json | Self::Yaml => Named { slug: None, input: None },
        }
    }
}

/// A body that is a JSON object, unchanged.
fn json_object(body: &[u8]) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_slice(body).ok()?;
    raw.get().starts_with('{').then_some(raw)
}
