//! Whatever a server sends with an error, no field and no text of the error has the key, and the text has at most four lines
//! without control characters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtype_surface::fuzzing::error_outputs;
use runtype_surface_fuzz::{count, has_key, with_keys};

const STATUSES: [u16; 12] = [301, 400, 401, 402, 403, 404, 409, 413, 429, 500, 503, 599];

fuzz_target!(|input: &[u8]| {
    count(input);
    // The first byte chooses the status, the second whether the body is whole; a line each for a header, a blank one, the body.
    let [status, form, rest @ ..] = input else { return };
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let whole = with_keys(rest);
    let mut headers: Vec<(&[u8], &[u8])> = Vec::new();
    let mut body = whole.as_slice();
    while let Some(end) = body.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&body[..end], &body[end + 1..]);
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        headers.push((&line[..colon], &line[colon + 1..]));
        body = after;
    }
    if form & 2 == 0 {
        headers.push((b"content-type", b"application/json"));
    }
    for output in error_outputs(status, &headers, body, form & 1 == 0) {
        assert!(!has_key(&output), "the key is in {}", String::from_utf8_lossy(&output));
    }
});
