//! An endpoint that parses is the same when it is parsed again, and no slug leaves its path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtype_surface::fuzzing::parse_endpoint;
use runtype_surface_fuzz::{count, with_keys};

fuzz_target!(|input: &[u8]| {
    count(input);
    let input = with_keys(input);
    let text = String::from_utf8_lossy(&input);
    let (url, slug) = text.split_once('\n').unwrap_or((&text, "echo"));
    parse_endpoint(url, slug);
    // Most random texts are no URL of a surface: the rest of the time is spent behind its beginning.
    parse_endpoint(&format!("https://api.runtype.com/v1/products/{url}"), slug);
    parse_endpoint(&format!("https://h/v1/products/prod_1/surfaces/surf_2/api/{url}"), slug);
});
