//! The names of the variables that configure a client, for languages that read or name them.

use crate::{config::environment::Environment, error::Error};

/// The names under one prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// What all of them begin with, such as `RUNTYPE_`.
    pub prefix: String,
    /// The one that holds the key.
    pub key: String,
    /// The one that holds the path of the key's file.
    pub key_file: String,
}

/// The names of the variables under a prefix, or under the one that holds where none is given.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for what can be no prefix.
pub fn variables(prefix: Option<&str>) -> Result<Variables, Error> {
    let mut environment = Environment::new(Environment::DEFAULT_PREFIX);
    if let Some(prefix) = prefix {
        environment = environment.with_prefix(prefix)?;
    }
    Ok(Variables { prefix: environment.name(""), key: environment.key_name(), key_file: environment.key_file_name() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_a_prefix_have_one_underscore_after_it() {
        let named = variables(None).unwrap();
        assert_eq!(named.prefix, "RUNTYPE_");
        assert_eq!(named.key, "RUNTYPE_PRODUCT_API_KEY");
        assert_eq!(named.key_file, "RUNTYPE_PRODUCT_API_KEY_FILE");
        for prefix in ["STAGING", "STAGING_"] {
            assert_eq!(variables(Some(prefix)).unwrap().key, "STAGING_PRODUCT_API_KEY");
        }
        assert_eq!(variables(Some("a b")).unwrap_err().option(), Some("env_prefix"));
    }
}
