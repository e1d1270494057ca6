//! No form of the key that SECURITY.md names remains in scrubbed bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtype_surface::fuzzing::scrub;
use runtype_surface_fuzz::{count, has_key, with_keys};

fuzz_target!(|input: &[u8]| {
    count(input);
    let output = scrub(&with_keys(input));
    assert!(!has_key(&output), "the key is in {}", String::from_utf8_lossy(&output));
});
