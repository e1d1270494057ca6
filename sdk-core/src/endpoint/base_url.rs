//! The base URL of a surface: where the vendor, a gateway or a mock serves it.

use url::Url;

use crate::{error::Error, redact};

/// Where the vendor serves API surfaces (api.md, doc).
pub(crate) const DEFAULT_BASE_URL: &str = "https://api.runtype.com";

/// Reads a URL that a key may be sent to.
pub(crate) fn parse_url(option: &'static str, text: &str) -> Result<Url, Error> {
    let refuse = |problem: &str| Error::configuration(option, format!("{} {problem}", redact::quote(text)));
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(refuse("has a blank or a control character: copy it again, whole and alone"));
    }
    let url = Url::parse(text)
        .map_err(|error| refuse(&format!("is not a URL ({error}): it must begin with https:// and name a host")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("must begin with https:// (or http:// on a loopback address)"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Not quoted: what stands before the @ is a password.
        return Err(Error::configuration(
            option,
            "it holds a user name or a password: remove what stands before the @; the key travels in a header",
        ));
    }
    Ok(url)
}

/// Reads a base URL: scheme, host, port and path prefix, with no slash at the end.
pub(crate) fn parse_base(option: &'static str, text: &str) -> Result<String, Error> {
    let url = parse_url(option, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::configuration(
            option,
            format!("{} has a query or a fragment, which a base URL cannot have: remove it", redact::quote(text)),
        ));
    }
    if redact::holds_key(url.path()) {
        return Err(Error::configuration(option, "its path holds a key, and a key never stands in a URL: remove it"));
    }
    let base = url.as_str().trim_end_matches('/');
    Ok(base.strip_suffix("/v1").unwrap_or(base).trim_end_matches('/').to_owned())
}
