//! The spelling of options, which a binding sets once for its process: this file has a process of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use runtype_surface::{
    Client, KeySource,
    bindings::{Language, set_language},
};

#[test]
fn an_application_in_camel_case_reads_its_own_names_in_every_error() {
    let error = || {
        let key = KeySource::variable("NOT_SET");
        Client::builder().variables(|_| None).api_key_source(key).product_id("p").surface_id("s").build().unwrap_err()
    };
    assert!(error().to_string().starts_with("api_key: "), "{}", error());
    set_language(Language::Camel);
    assert!(error().to_string().starts_with("apiKey: "), "{}", error());
    set_language(Language::Snake);
    assert!(error().to_string().starts_with("api_key: "), "{}", error());
}
