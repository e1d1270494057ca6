//! Names of the environment variables that configure a client.

use crate::{config::environment::Environment, error::Error};

/// The names with one prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// Common beginning of the names, such as `RUNTYPE_`.
    pub prefix: String,
    /// Variable of the key.
    pub key: String,
    /// Variable of the key file's path.
    pub key_file: String,
}

/// The variables' names with a prefix. Default: `RUNTYPE`.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a prefix that cannot begin a variable's name.
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
