//! The `User-Agent` header.

use crate::client::builder::ClientBuilder;

/// Adds the calling language, such as `python 3.11`, to the user agent.
pub fn called_from(builder: ClientBuilder, language: &str) -> ClientBuilder {
    builder.user_agent(format!(concat!("runtype-surface/", env!("CARGO_PKG_VERSION"), " ({})"), language))
}
