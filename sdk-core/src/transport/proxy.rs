//! The proxy option.

use url::Url;

use crate::{error::Error, redact};

pub(super) fn parse(text: &str) -> Result<reqwest::Proxy, Error> {
    // Not quoted: a proxy's URL may contain a password.
    let refuse = |problem: &str| Error::configuration("proxy", problem);
    let url = Url::parse(text)
        .map_err(|error| refuse(&format!("not a URL ({error}): pass one such as http://proxy.example:3128")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse(&format!("the scheme must be http or https, not {}", redact::quote(url.scheme()))));
    }
    reqwest::Proxy::all(url).map_err(|_| refuse("not usable as a proxy"))
}
