//! Any bytes, split anywhere, give the same events as in one piece, and no event exceeds the limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtype_surface::fuzzing::parse_events;
use runtype_surface_fuzz::count;

const LIMIT: usize = 1 << 12;

fuzz_target!(|input: &[u8]| {
    count(input);
    // The first bytes define where the rest is split.
    let (cuts, stream) = input.split_at(input.len().min(4));
    let whole = parse_events(&[stream], LIMIT);
    let mut at: Vec<usize> = cuts.iter().map(|cut| usize::from(*cut) % (stream.len() + 1)).collect();
    at.extend([0, stream.len()]);
    at.sort_unstable();
    let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
    let cut = parse_events(&pieces, LIMIT);
    if let (Some(whole), Some(cut)) = (&whole, &cut) {
        assert_eq!(whole, cut);
    }
    for (_, data) in whole.iter().flatten() {
        assert!(data.len() <= LIMIT);
    }
});
