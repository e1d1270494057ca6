//! Headers that the application adds to calls.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    error::{Error, spelling::spell},
    redact,
};

/// Limits of the application's headers: their number, and the total bytes of names and values. Servers reject more, and the HTTP
/// library panics on a request that is too large to build.
const MOST_HEADERS: usize = 100;
const MOST_HEADER_BYTES: usize = 64 * 1024;

/// Adds a header, replacing one of the same name.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if it is not a valid header or exceeds the limits.
pub(crate) fn add_header(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Error> {
    let (name, value) = header(name, value)?;
    let refuse = |problem: String| Err(Error::configuration("headers", problem));
    if headers.len() >= MOST_HEADERS && !headers.contains_key(&name) {
        return refuse(format!("there are more than {MOST_HEADERS}: remove some"));
    }
    let replaced = headers.get(&name).map_or(0, |value| name.as_str().len() + value.len());
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes - replaced + name.as_str().len() + value.len() > MOST_HEADER_BYTES {
        return refuse(format!(
            "names and values have more than {MOST_HEADER_BYTES} bytes with {}: shorten them",
            redact::quote(name.as_str())
        ));
    }
    headers.insert(name, value);
    Ok(())
}

/// A header of the application. Headers that carry the key or frame the body are set by the client.
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    const OPTION: &str = "headers";
    const OWN: [HeaderName; 12] = [
        header::AUTHORIZATION,
        HeaderName::from_static("x-api-key"),
        header::HOST,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::TE,
        header::UPGRADE,
        header::EXPECT,
    ];
    let quoted = redact::quote(name);
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        Error::configuration(OPTION, format!("{quoted} is not a valid header name (RFC 9110, section 5.1)"))
    })?;
    if redact::holds_key(parsed.as_str()) {
        return Err(Error::configuration(
            OPTION,
            format!("{quoted} looks like a key: pass it as {}", spell("api_key")),
        ));
    }
    if OWN.contains(&parsed) {
        return Err(Error::configuration(OPTION, format!("{quoted} is set by the client itself: remove it")));
    }
    let mut parsed_value = HeaderValue::from_str(value).map_err(|_| {
        Error::configuration(OPTION, format!("the value of {quoted} has a character that a header must not contain"))
    })?;
    if redact::holds_key(value) {
        return Err(Error::configuration(
            OPTION,
            format!("the value of {quoted} looks like a key: pass it as {}", spell("api_key")),
        ));
    }
    // The application's value may be a secret, so it must not be logged.
    parsed_value.set_sensitive(true);
    Ok((parsed, parsed_value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_limited_in_number_and_in_bytes() {
        let mut headers = HeaderMap::new();
        for number in 0..MOST_HEADERS {
            add_header(&mut headers, &format!("x-{number}"), "a").unwrap();
        }
        add_header(&mut headers, "x-1", "b").unwrap();
        let error = add_header(&mut headers, "x-one-too-many", "a").unwrap_err();
        assert_eq!((error.option(), headers.len()), (Some("headers"), MOST_HEADERS));
        let mut headers = HeaderMap::new();
        let half = "x".repeat(MOST_HEADER_BYTES / 2);
        add_header(&mut headers, "x-a", &half).unwrap();
        add_header(&mut headers, "x-a", &half).unwrap();
        let error = add_header(&mut headers, "x-b", &half).unwrap_err();
        assert!(error.to_string().contains("65536 bytes with \"x-b\""), "{error}");
    }

    #[test]
    fn a_header_that_the_client_sets_is_refused() {
        for name in ["Authorization", "x-api-key", "Host", "content-length", "bad name", ""] {
            assert_eq!(header(name, "x").unwrap_err().option(), Some("headers"), "{name}");
        }
        assert!(header("x-trace", "a\nb").is_err());
        let error = header("x-trace", "papi_abcdefgh").unwrap_err();
        assert!(!error.to_string().contains("abcdefgh"), "{error}");
        let error = header("papi_abcdefgh", "x").unwrap_err();
        assert!(!error.to_string().contains("abcdefgh"), "{error}");
        assert!(header("x-trace", "abc").unwrap().1.is_sensitive());
    }
}
