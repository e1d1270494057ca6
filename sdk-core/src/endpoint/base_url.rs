//! The base URL of a surface: of the vendor, a gateway or a mock.

use url::Url;

use crate::{
    error::{Error, cause::plain},
    redact,
};

/// Longer than any URL that a server accepts.
const LONGEST: usize = 16 * 1024;

/// Parses a URL that a key may be sent to.
pub(crate) fn parse_url(option: &'static str, text: &str) -> Result<Url, Error> {
    let refuse = |problem: &str| Error::configuration(option, format!("{} {problem}", redact::quote(text)));
    if text.len() > LONGEST {
        return Err(refuse(&format!("has {} bytes: the limit is {LONGEST}", text.len())));
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(refuse("contains whitespace or a control character: copy only the URL, and all of it"));
    }
    let url = Url::parse(text).map_err(|error| {
        refuse(&format!("is not a URL ({}): it must begin with https:// and name a host", plain(&error.to_string())))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("must begin with https:// (or http:// on a loopback address)"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Not quoted: the part before the @ is a password.
        return Err(Error::configuration(
            option,
            "contains a user name or password: remove the part before the @; the key is sent in a header",
        ));
    }
    Ok(url)
}

/// Parses a base URL: scheme, host, port and path prefix, without a trailing slash.
pub(crate) fn parse_base(option: &'static str, text: &str) -> Result<String, Error> {
    let url = parse_url(option, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::configuration(
            option,
            format!("{} has a query or a fragment, which a base URL must not have: remove it", redact::quote(text)),
        ));
    }
    if redact::holds_key(url.path()) {
        return Err(Error::configuration(option, "the path contains a key: remove it; a key never belongs in a URL"));
    }
    let base = url.as_str().trim_end_matches('/');
    Ok(base.strip_suffix("/v1").unwrap_or(base).trim_end_matches('/').to_owned())
}
