//! What the calls say of themselves.

use crate::client::builder::ClientBuilder;

/// Names the language that the calls come from, such as `python 3.11`, in the user agent.
pub fn called_from(builder: ClientBuilder, language: &str) -> ClientBuilder {
    builder.user_agent(format!(concat!("runtype-surface/", env!("CARGO_PKG_VERSION"), " ({})"), language))
}
