//! No header makes a wait longer than a year, or a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtype_surface::fuzzing::read_wait;
use runtype_surface_fuzz::count;

fuzz_target!(|input: &[u8]| {
    count(input);
    let mut lines = input.splitn(4, |byte| *byte == b'\n').map(|line| (!line.is_empty()).then_some(line));
    let mut next = || lines.next().flatten();
    read_wait(next(), next(), next(), next());
});
