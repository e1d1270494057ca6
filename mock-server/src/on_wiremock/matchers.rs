//! Wiremock matchers for calls of an API surface.

use wiremock::{Match, Request};

use crate::{
    auth::{AuthHeader, credentials},
    request::segments,
    routes::{path::Route, target::Target},
    secret::Secret,
};

/// Matches requests that carry this key as `Authorization: Bearer …`.
///
/// ```
/// use runtype_mock::matchers::bearer_key;
/// use wiremock::{Mock, ResponseTemplate};
///
/// let refused = Mock::given(bearer_key("papi_old_0123456789")).respond_with(ResponseTemplate::new(401));
/// ```
pub fn bearer_key(key: impl Into<String>) -> BearerKeyMatcher {
    BearerKeyMatcher(Secret::new(key))
}

/// Matches requests that carry this key as `X-API-Key: …`.
///
/// ```
/// use runtype_mock::matchers::x_api_key;
/// use wiremock::{Mock, ResponseTemplate};
///
/// let refused = Mock::given(x_api_key("papi_old_0123456789")).respond_with(ResponseTemplate::new(401));
/// ```
pub fn x_api_key(key: impl Into<String>) -> XApiKeyMatcher {
    XApiKeyMatcher(Secret::new(key))
}

/// Matches calls of this capability on any surface, by path or by the body of a dispatch, with any method and key.
///
/// ```
/// use runtype_mock::matchers::capability;
/// use serde_json::json;
/// use wiremock::{Mock, ResponseTemplate, matchers::method};
///
/// let answer = ResponseTemplate::new(200).set_body_json(json!({ "eur": 42 }));
/// let price = Mock::given(method("POST")).and(capability("price")).respond_with(answer);
/// ```
pub fn capability(slug: impl Into<String>) -> CapabilityMatcher {
    CapabilityMatcher(slug.into())
}

/// Matches a bearer key. [`bearer_key`] makes one.
#[derive(Debug)]
pub struct BearerKeyMatcher(Secret);

/// Matches a key in `X-API-Key`. [`x_api_key`] makes one.
#[derive(Debug)]
pub struct XApiKeyMatcher(Secret);

/// Matches calls of a capability. [`capability`] makes one.
#[derive(Debug)]
pub struct CapabilityMatcher(String);

impl Match for BearerKeyMatcher {
    fn matches(&self, request: &Request) -> bool {
        carries(request, AuthHeader::Bearer, &self.0)
    }
}

impl Match for XApiKeyMatcher {
    fn matches(&self, request: &Request) -> bool {
        carries(request, AuthHeader::XApiKey, &self.0)
    }
}

impl Match for CapabilityMatcher {
    fn matches(&self, request: &Request) -> bool {
        let segments = segments(request.url.path());
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let Route::Call(path) = Route::of(&segments) else { return false };
        Target::of(path.slug).named(path.slug, &request.body).slug.is_some_and(|slug| slug == self.0)
    }
}

/// Whether a request carries a key in a header.
fn carries(request: &Request, header: AuthHeader, key: &Secret) -> bool {
    credentials(&request.headers).iter().any(|sent| sent.header == header && sent.plain == key.expose())
}
