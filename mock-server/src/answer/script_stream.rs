//! A scripted stream as a response.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::{
    answer::{
        call::Call,
        sse::{encode, event_stream},
        vocabulary::{Kind, Vocabulary},
    },
    config::script::{Script, StreamEnd},
    plan::{End, Frame, Plan},
};

/// The response of a script.
pub(crate) fn plan(script: &Script, call: &Call) -> Plan {
    let has_text = script.steps.iter().any(|step| step.event.as_deref() == Some("text_delta"));
    let mut vocabulary = Vocabulary::new(call, Kind::with_text(has_text));
    let mut frames = Vec::new();
    if script.bom {
        frames.push(Frame { wait: Duration::ZERO, bytes: Bytes::from_static("\u{feff}".as_bytes()) });
    }
    frames.extend(script.steps.iter().map(|step| Frame {
        wait: Duration::from_millis(step.wait_ms),
        bytes: encode(step, script.line_ending, &mut vocabulary),
    }));
    if let Some(size) = script.chunk_bytes {
        frames = rechunk(frames, size.max(1));
    }
    let mut plan = event_stream(frames);
    plan.end = match script.end {
        StreamEnd::Complete => End::Complete,
        StreamEnd::Close => End::Close(Duration::ZERO),
        StreamEnd::Reset => End::Reset,
        StreamEnd::Stall => End::Stall,
    };
    if let Some(bytes) = script.cut_at_byte {
        plan.keep(bytes);
    }
    plan
}

/// The same bytes in chunks of one size; a pause ends a chunk early.
fn rechunk(frames: Vec<Frame>, size: usize) -> Vec<Frame> {
    let mut runs: Vec<(Duration, BytesMut)> = Vec::new();
    for frame in frames {
        match runs.last_mut() {
            Some((_, run)) if frame.wait.is_zero() => run.extend_from_slice(&frame.bytes),
            _ => runs.push((frame.wait, BytesMut::from(frame.bytes.as_ref()))),
        }
    }
    let mut pieces = Vec::new();
    for (mut wait, run) in runs {
        let run = run.freeze();
        for piece in run.chunks(size) {
            pieces.push(Frame { wait: std::mem::take(&mut wait), bytes: run.slice_ref(piece) });
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::{script::LineEnding, step::Step};

    fn text(script: &Script) -> String {
        let plan = plan(script, &Call::for_test("agent", &json!({})));
        String::from_utf8_lossy(&plan.body()).into_owned()
    }

    #[test]
    fn an_event_gets_what_the_vocabulary_asks_for() {
        let script = Script::new([Step::event("text_delta", json!({"delta": "Hi"}))]);
        let text = text(&script);
        let (name, data) = text.trim_end().split_once('\n').unwrap();
        assert_eq!(name, "event: text_delta");
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(
            data,
            json!({"type": "text_delta", "seq": 1, "executionId": "exec_test", "id": "text_1", "delta": "Hi"})
        );
    }

    #[test]
    fn lines_end_as_the_script_says_and_text_is_one_data_line_a_line() {
        let step = Step {
            comment: Some("keep-alive".to_owned()),
            event: Some("note".to_owned()),
            id: Some("7".to_owned()),
            retry: Some(50),
            data: Some(json!("a\nb")),
            ..Step::default()
        };
        let script = Script { bom: true, line_ending: LineEnding::Crlf, ..Script::new([step.clone()]) };
        assert_eq!(
            text(&script),
            "\u{feff}: keep-alive\r\nevent: note\r\nid: 7\r\nretry: 50\r\ndata: a\r\ndata: b\r\n\r\n"
        );
        let cr = Script { line_ending: LineEnding::Cr, ..Script::new([step]) };
        assert_eq!(text(&cr), ": keep-alive\revent: note\rid: 7\rretry: 50\rdata: a\rdata: b\r\r");
    }

    #[test]
    fn the_same_bytes_whatever_the_size_of_the_pieces() {
        let steps = [Step::event("a", json!({"n": 1})), Step::event("b", json!({"ü": "ö"}))];
        let whole = text(&Script::new(steps.clone()));
        for size in 1..=whole.len() {
            let script = Script { chunk_bytes: Some(size), ..Script::new(steps.clone()) };
            assert_eq!(text(&script), whole);
            let frames = plan(&script, &Call::for_test("agent", &json!({}))).frames;
            assert_eq!(frames.len(), whole.len().div_ceil(size));
        }
    }

    #[test]
    fn a_pause_parts_what_goes_out() {
        let steps = [Step::event("a", json!({})), Step::event("b", json!({})).after(Duration::from_millis(5))];
        let script = Script { chunk_bytes: Some(10_000), ..Script::new(steps) };
        let frames = plan(&script, &Call::for_test("agent", &json!({}))).frames;
        assert_eq!(frames.iter().map(|frame| frame.wait.as_millis()).collect::<Vec<_>>(), [0, 5]);
    }

    #[test]
    fn a_stream_can_be_cut_at_any_byte() {
        let whole = text(&Script::new([Step::event("a", json!({"n": 1}))]));
        for bytes in 0..whole.len() {
            let script = Script {
                cut_at_byte: Some(bytes),
                end: StreamEnd::Reset,
                ..Script::new([Step::event("a", json!({"n": 1}))])
            };
            assert_eq!(text(&script), whole[..bytes]);
            assert_eq!(plan(&script, &Call::for_test("agent", &json!({}))).end, End::Reset);
        }
    }
}
