//! The proxy that an application names.

use url::Url;

use crate::{error::Error, redact};

pub(super) fn parse(text: &str) -> Result<reqwest::Proxy, Error> {
    // A proxy's URL may hold a password, so it is not quoted.
    let refuse = |problem: &str| Error::configuration("proxy", problem);
    let url = Url::parse(text)
        .map_err(|error| refuse(&format!("it is not a URL ({error}), such as http://proxy.example:3128")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse(&format!("its scheme is {}, which is neither http nor https", redact::quote(url.scheme()))));
    }
    reqwest::Proxy::all(url).map_err(|_| refuse("it cannot serve as a proxy"))
}
