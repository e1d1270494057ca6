//! Any bytes can be read as a success in each format: no panic, no output longer than the body, no key in the execution id.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtype_surface::fuzzing::read_response;
use runtype_surface_fuzz::{count, with_keys};

fuzz_target!(|input: &[u8]| {
    count(input);
    read_response(&with_keys(input));
});
