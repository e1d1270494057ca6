//! Reproducible randomness: each draw is a function of the seed and of its place.

/// Hashes numbers to one (splitmix64's finalizer, once per number).
pub(crate) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |state, part| {
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// A draw as a number from 0 to 1, 1 excluded.
pub(crate) fn unit(draw: u64) -> f64 {
    // An f64 represents 53 bits exactly.
    (draw >> 11) as f64 / (1_u64 << 53) as f64
}

/// 26 characters in the form of the vendor's ids (Crockford's base 32, lower case).
pub(crate) fn id(prefix: &str, seed: u64, number: u64) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut id = String::with_capacity(prefix.len() + 26);
    id.push_str(prefix);
    for part in 0..26_u64 {
        let draw = mix(&[seed, number, part / 12]) >> (5 * (part % 12));
        #[expect(clippy::indexing_slicing, reason = "five bits number 32 letters")]
        id.push(char::from(ALPHABET[(draw & 31) as usize]));
    }
    id
}
