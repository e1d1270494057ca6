//! Option rules that are the same in every language.

use super::refused;
use crate::{
    config::{options, values},
    error::Error,
};

/// Rejects a client with more than one key source. `given`: the key options that are set, spelled as in that language.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming two of them.
pub fn one_key_source<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
    let mut given = given.into_iter();
    match (given.next(), given.next()) {
        (Some(one), Some(other)) => Err(refused("api_key", &format!("both {one} and {other} are set; pass only one"))),
        _ => Ok(()),
    }
}

/// Converts a number of retries from another language, where it may be negative, fractional or very large.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the option.
pub fn max_retries(value: f64) -> Result<u32, Error> {
    options::max_retries(values::whole_number("max_retries", value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_given_in_one_way() {
        assert!(one_key_source([]).is_ok() && one_key_source(["apiKey"]).is_ok());
        let error = one_key_source(["api_key", "api_key_file", "api_key_variable"]).unwrap_err();
        assert_eq!(error.option(), Some("api_key"));
        assert_eq!(error.to_string(), "api_key: both api_key and api_key_file are set; pass only one");
    }

    #[test]
    fn a_number_of_retries_is_refused_as_it_was_given() {
        assert_eq!(max_retries(3.0).unwrap(), 3);
        for (value, text) in [(-1.0, "-1 is not"), (0.5, "0.5 is not"), (101.0, "101 is out of range")] {
            assert!(max_retries(value).unwrap_err().to_string().contains(text), "{value}");
        }
        let error = max_retries(8_589_934_592.0).unwrap_err();
        assert!(error.to_string().contains("8589934592 is out of range: pass 0 to 100"), "{error}");
    }
}
