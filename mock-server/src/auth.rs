//! Authentication: finds the key of a request in either header, and checks it.

use http::{
    HeaderMap, StatusCode,
    header::{HeaderValue, WWW_AUTHENTICATE},
};

use crate::{
    clock::Time,
    plan::Plan,
    secret::{PREFIX, hint},
    state::{key::Key, surface::Surface},
};

/// Text of every 401, exactly as documented by the vendor.
pub(crate) const UNAUTHENTICATED: &str = "Invalid or missing API key";
/// Text of every 403, exactly as documented by the vendor.
pub(crate) const FORBIDDEN: &str = "API key does not have permission to access this resource";
/// `WWW-Authenticate` of every 401.
pub(crate) const CHALLENGE: &str =
    "Bearer resource_metadata=\"https://api.runtype.com/.well-known/oauth-protected-resource\"";

/// Header that carried a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthHeader {
    /// `Authorization: Bearer …`
    Bearer,
    /// `X-API-Key: …`
    XApiKey,
}

impl AuthHeader {
    /// Name in the journal.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::XApiKey => "x-api-key",
        }
    }
}

/// A key of a request.
#[derive(Clone, Copy)]
pub(crate) struct Credential<'a> {
    /// Header that carried it.
    pub(crate) header: AuthHeader,
    /// Its plain text.
    pub(crate) plain: &'a str,
}

impl Credential<'_> {
    /// Its hint.
    pub(crate) fn hint(&self) -> String {
        hint(self.plain)
    }
}

/// The keys of a request, `Authorization` first.
pub(crate) fn credentials(headers: &HeaderMap) -> Vec<Credential<'_>> {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()).and_then(|value| {
        // RFC 9110 §11.1: the scheme's name is case-insensitive.
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let own = headers.get("x-api-key").and_then(|value| value.to_str().ok()).map(str::trim);
    let bearer = bearer.map(|plain| Credential { header: AuthHeader::Bearer, plain });
    let own = own.map(|plain| Credential { header: AuthHeader::XApiKey, plain });
    bearer.into_iter().chain(own).filter(|credential| !credential.plain.is_empty()).collect()
}

/// The first valid key of a request. Either header is enough. Assumed: of two keys in two headers, one valid key suffices.
pub(crate) fn authenticate<'s>(
    surface: &'s mut Surface,
    sent: &[Credential<'_>],
    now: Time,
) -> Option<(AuthHeader, &'s mut Key)> {
    let (header, id) = sent.iter().find_map(|credential| {
        if !credential.plain.starts_with(PREFIX) {
            return None;
        }
        let key = surface.key_by_secret(credential.plain)?;
        key.check(now).is_ok().then(|| (credential.header, key.id.clone()))
    })?;
    surface.keys.get_mut(&id).map(|key| (header, key))
}

/// The documented 401.
pub(crate) fn unauthenticated() -> Plan {
    Plan::error(StatusCode::UNAUTHORIZED, UNAUTHENTICATED)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE))
}

/// The documented 403.
pub(crate) fn forbidden() -> Plan {
    Plan::error(StatusCode::FORBIDDEN, FORBIDDEN)
}
