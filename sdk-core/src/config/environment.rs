//! The environment variables that configure a client.

use std::{ffi::OsString, fmt, sync::Arc, time::Duration};

use super::{options, values};
use crate::{
    error::{Error, spelling::spell},
    redact,
};

type Lookup = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Reads variables such as `RUNTYPE_PRODUCT_ID`; with the prefix `STAGING_RUNTYPE`, `STAGING_RUNTYPE_PRODUCT_ID`. An empty
/// variable counts as not set.
#[derive(Clone)]
pub(crate) struct Environment {
    prefix: String,
    lookup: Lookup,
}

impl Environment {
    pub(crate) const DEFAULT_PREFIX: &'static str = "RUNTYPE";

    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), lookup: Arc::new(|name| std::env::var_os(name)) }
    }

    pub(crate) fn with_prefix(mut self, prefix: &str) -> Result<Self, Error> {
        let prefix = prefix.strip_suffix('_').unwrap_or(prefix);
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(Error::configuration(
                "env_prefix",
                format!(
                    "{} cannot begin the name of a variable: use letters, digits and underscores, such as STAGING_RUNTYPE",
                    redact::quote(prefix)
                ),
            ));
        }
        if redact::holds_key(prefix) {
            return Err(Error::configuration(
                "env_prefix",
                format!("{} looks like a key: pass it as {}", redact::quote(prefix), spell("api_key")),
            ));
        }
        prefix.clone_into(&mut self.prefix);
        Ok(self)
    }

    pub(crate) fn with_lookup(mut self, lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        self.lookup = Arc::new(lookup);
        self
    }

    /// Reads a variable by its full name.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, Error> {
        match (self.lookup)(name) {
            Some(value) if value.is_empty() => Ok(None),
            Some(value) => {
                value.into_string().map(Some).map_err(|_| Error::configuration(name, "the variable is not valid UTF-8"))
            }
            None => Ok(None),
        }
    }

    pub(crate) fn key_name(&self) -> String {
        self.name("PRODUCT_API_KEY")
    }

    pub(crate) fn key_file_name(&self) -> String {
        self.name("PRODUCT_API_KEY_FILE")
    }

    /// Reads the key's variable. A key that is not UTF-8 is converted lossily: the check of the key rejects it by its own rule.
    pub(crate) fn key(&self) -> Option<String> {
        self.lossy(&self.key_name())
    }

    pub(crate) fn key_file(&self) -> Option<OsString> {
        (self.lookup)(&self.key_file_name()).filter(|value| !value.is_empty())
    }

    pub(crate) fn product_id(&self) -> Result<Option<String>, Error> {
        self.read(&self.name("PRODUCT_ID"))
    }

    pub(crate) fn surface_id(&self) -> Result<Option<String>, Error> {
        self.read(&self.name("SURFACE_ID"))
    }

    pub(crate) fn endpoint_url(&self) -> Result<Option<String>, Error> {
        self.read(&self.name("ENDPOINT_URL"))
    }

    pub(crate) fn base_url(&self) -> Result<Option<String>, Error> {
        self.read(&self.name("BASE_URL"))
    }

    pub(crate) fn timeout(&self) -> Result<Option<Duration>, Error> {
        let read = |text: &str| values::seconds("timeout", text.parse().ok()?).ok();
        self.value("TIMEOUT_SECONDS", read, "a number of seconds, more than 0 and at most a year, such as 30 or 2.5")
    }

    pub(crate) fn max_retries(&self) -> Result<Option<u32>, Error> {
        let read = |text: &str| options::max_retries(text.parse().ok()?).ok();
        self.value("MAX_RETRIES", read, "a whole number from 0 (no retry) to 100")
    }

    /// The full name of a variable with this prefix.
    pub(crate) fn name(&self, rest: &str) -> String {
        format!("{}_{rest}", self.prefix)
    }

    fn lossy(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
    }

    fn value<T>(&self, rest: &str, read: impl Fn(&str) -> Option<T>, wanted: &str) -> Result<Option<T>, Error> {
        let name = self.name(rest);
        let Some(text) = self.read(&name)? else { return Ok(None) };
        read(text.trim()).map(Some).ok_or_else(|| {
            let problem = format!("the variable is {}: set it to {wanted}", redact::quote(&text));
            Error::configuration(name, problem)
        })
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("env_prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_number_is_an_error_of_its_variable() {
        for value in ["abc", "nan", "inf", "0", "-1", "1e300"] {
            let environment = Environment::new("RUNTYPE").with_lookup(move |_| Some(value.into()));
            let error = environment.timeout().unwrap_err();
            assert_eq!(error.option(), Some("RUNTYPE_TIMEOUT_SECONDS"), "{value}");
            assert_eq!(error.to_string().matches("RUNTYPE_TIMEOUT_SECONDS").count(), 1, "{error}");
            assert!(!error.to_string().contains("None"), "{error}");
        }
        let environment = Environment::new("RUNTYPE").with_lookup(|_| Some("101".into()));
        let error = environment.max_retries().unwrap_err();
        assert_eq!(
            error.to_string(),
            "RUNTYPE_MAX_RETRIES: the variable is \"101\": set it to a whole number from 0 (no retry) to 100"
        );
    }
}
