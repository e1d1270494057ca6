//! A configuration part by part, for a report on what is wrong with it.

use super::ClientBuilder;
use crate::{
    client::Client,
    config::{defaults, environment::Environment},
    endpoint::{Endpoint, settings::EndpointSettings},
    error::{
        Error,
        spelling::{duration, key_option, none, spell},
    },
    key::{
        ApiKey,
        source::{KeyRules, KeySource},
    },
};

/// A key of nobody. A surface that refuses it with a 401 asks for keys.
const WRONG_KEY: &str = "papi_no_key_of_anybody_0000";

/// Variables that people set instead of the key's, without the prefix.
const MISTAKEN: [&str; 4] = ["API_KEY", "KEY", "PRODUCT_KEY", "SURFACE_API_KEY"];

/// Each part of a configuration, or what is wrong with it.
pub(crate) struct Survey {
    pub(crate) key: Result<ApiKey, Error>,
    /// Where the key comes from, or where it may be instead.
    pub(crate) key_place: String,
    pub(crate) endpoint: Result<Endpoint, Error>,
    pub(crate) endpoint_place: String,
    /// Whether no option and no variable has the address.
    pub(crate) is_address_missing: bool,
    /// All other options, in words.
    pub(crate) options: Result<String, Error>,
    /// None if a part is wrong.
    pub(crate) client: Option<Client>,
    /// The same client with a wrong key; none if the address or an option is wrong.
    pub(crate) stranger: Option<Client>,
}

impl ClientBuilder {
    /// Looks at each part. Nothing is sent, and a key function is not asked.
    pub(crate) fn survey(self) -> Survey {
        let environment = &self.environment;
        let endpoint = self.endpoint.resolve(environment).and_then(|endpoint| {
            if self.allow_insecure_http { Ok(endpoint) } else { endpoint.check_secure().map(|()| endpoint) }
        });
        let source = self.key.clone().unwrap_or_else(KeySource::environment);
        let key = source.ask_now(&KeyRules { environment: environment.clone(), prefix: self.key_prefix.clone() });
        let mut stranger = self.clone().api_key(WRONG_KEY).api_key_prefix("");
        if endpoint.is_err() {
            // Any other address, so that only the options can be wrong.
            stranger.endpoint = EndpointSettings {
                base_url: Some(defaults::BASE_URL.to_owned()),
                product_id: Some("product".to_owned()),
                surface_id: Some("surface".to_owned()),
                endpoint_url: None,
            };
        }
        let stranger = stranger.build();
        Survey {
            key_place: self.key_place(environment, key.is_err()),
            endpoint_place: self.endpoint_place(environment),
            is_address_missing: endpoint.as_ref().is_err_and(|error| error.to_string().contains(": missing\n")),
            options: stranger.as_ref().map(|client| self.limits(client)).map_err(Error::again),
            stranger: stranger.ok().filter(|_| endpoint.is_ok()),
            client: self.build().ok(),
            key,
            endpoint,
        }
    }

    fn key_place(&self, environment: &Environment, is_missing: bool) -> String {
        if self.key.is_some() {
            return key_option().into_owned();
        }
        if environment.key().is_some() {
            return environment.key_name();
        }
        if environment.key_file().is_some() {
            return environment.key_file_name();
        }
        let mistaken = MISTAKEN.map(|name| environment.name(name));
        match mistaken.into_iter().find(|name| is_missing && environment.read(name).ok().flatten().is_some()) {
            Some(name) => format!("{name} is set, which nothing reads: rename it to {}", environment.key_name()),
            None => String::new(),
        }
    }

    fn endpoint_place(&self, environment: &Environment) -> String {
        let names = self.endpoint.names(environment);
        let ids = if names.product == names.surface {
            names.product
        } else {
            format!("{}, {}", names.product, names.surface)
        };
        let base = if self.endpoint.base_url.is_some() {
            Some(spell("base_url").into_owned())
        } else {
            environment.base_url().ok().flatten().map(|_| environment.name("BASE_URL"))
        };
        base.map_or_else(|| ids.clone(), |base| format!("{ids}, {base}"))
    }

    fn limits(&self, client: &Client) -> String {
        let options = &client.options;
        let place = |is_given: bool, option: &str, variable: &str| {
            let variable = self.environment.name(variable);
            if is_given {
                spell(option).into_owned()
            } else if self.environment.read(&variable).ok().flatten().is_some() {
                variable
            } else {
                "default".to_owned()
            }
        };
        format!(
            "timeout {} ({}), at most {} retries ({}), {}",
            options.timeout.map_or_else(|| none().to_owned(), duration),
            place(self.timeout.is_some(), "timeout", "TIMEOUT_SECONDS"),
            options.max_retries,
            place(self.max_retries.is_some(), "max_retries", "MAX_RETRIES"),
            match client.context.transport.proxy() {
                Some(proxy) => format!("proxy {proxy}"),
                None => "no proxy".to_owned(),
            }
        )
    }
}
