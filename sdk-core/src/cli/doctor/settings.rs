//! The configuration: which variable or option gave each value, and whether it is right.

use super::check::Check;
use crate::client::builder::survey::Survey;

pub(super) fn key(survey: &Survey) -> Check {
    const NAME: &str = "key";
    match &survey.key {
        Ok(key) => Check::ok(NAME, format!("{key} from {}, in the right form", survey.key_place)),
        Err(error) if survey.key_place.contains(' ') => {
            let mut check = Check::error(NAME, error);
            check.remedy = Some(format!("{}.", survey.key_place));
            check
        }
        Err(error) => Check::error(NAME, error),
    }
}

pub(super) fn address(survey: &Survey) -> Check {
    const NAME: &str = "address";
    match &survey.endpoint {
        Ok(endpoint) => Check::ok(NAME, format!("{endpoint} from {}", survey.endpoint_place)),
        Err(error) => {
            let mut check = Check::error(NAME, error);
            if !survey.is_address_missing {
                // Errors name the options, also where a variable has the value.
                let place = format!("The address is from {}.", survey.endpoint_place);
                check.remedy = Some(check.remedy.map_or_else(|| place.clone(), |remedy| format!("{remedy}. {place}")));
            }
            check
        }
    }
}

pub(super) fn options(survey: &Survey) -> Check {
    const NAME: &str = "options";
    match &survey.options {
        Ok(limits) => Check::ok(NAME, limits),
        Err(error) => Check::error(NAME, error),
    }
}
