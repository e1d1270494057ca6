//! The file: what is no ledger, what is damaged, what is cut short.

use proptest::prelude::*;

use super::{
    super::{
        index::Unreadable,
        line::{BEGIN, Event, Sent},
    },
    *,
};

#[test]
fn another_file_is_not_taken_for_a_ledger() {
    for other in ["x", "{}", "{}\n", "\n", "papi,b\n1,2\n", "{\"ledger\":\"other\",\"format\":1}\n", "[1]"] {
        assert!(matches!(Index::read(other.as_bytes()), Err(Unreadable::NotALedger)), "{other}");
    }
    let later = format!("{BEGIN}\"format\":2}}\n");
    assert!(matches!(Index::read(later.as_bytes()), Err(Unreadable::Format(2))));
    let broken = format!("{BEGIN}\"format\":1\n");
    assert!(matches!(Index::read(broken.as_bytes()), Err(Unreadable::Corrupt { line: 1, .. })));
}

/// A ledger as one process after another would write it.
fn written_by(rows: &[(i64, End)]) -> Vec<u8> {
    let mut bytes = written(&Header::new("echo", SURFACE));
    for (id, end) in rows {
        let id = RowId::from(*id);
        let value = serde_json::json!({ "id": id, "text": "x" });
        bytes.extend(written(&Opened::now()));
        bytes.extend(written(&Sent::now(&id, Digest::of(b"", Some(&value)).hex(), 1)));
        match end {
            End::Answered => bytes.extend(answer::answered(&id, &response("{\"ä\":\n1}".as_bytes()))),
            End::Failed { may_have_executed } => bytes.extend(answer::failed(&id, &error(*may_have_executed))),
            End::Never => {}
        }
    }
    bytes
}

#[test]
fn a_damaged_line_is_named_by_its_number() {
    let whole = String::from_utf8(written_by(&[(1, End::Answered), (2, End::Never)])).unwrap();
    let lines: Vec<_> = whole.lines().collect();
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        lines.join("\n") + "\n"
    };
    let cases = [
        (with(1, ""), 2, "it is no line of a ledger"),
        (with(2, "{\"event\":\"sent\""), 3, "it is no line of a ledger"),
        (with(3, "\0\0\0"), 4, "it is no line of a ledger"),
        (with(2, "{\"event\":\"opened\"}"), 4, "its id was not sent before"),
        (with(4, "{\"event\":\"sent\",\"input\":\"00\"}"), 5, "it has no id"),
        (with(5, "{\"event\":\"sent\",\"id\":2,\"input\":\"00\"}"), 6, "it has no digest of its input"),
        (with(5, lines[2]), 6, "its id was answered before"),
        (with(4, "{\"event\":\"answered\",\"id\":1}"), 5, "its id was not sent before"),
        (with(3, "{\"event\":\"failed\",\"id\":1}"), 4, "it does not say whether the call was executed"),
        (
            with(5, &lines[2].replace("\"input\":\"", "\"input\":\"00").replacen("00", "", 0)),
            6,
            "it has no digest of its input",
        ),
        (with(0, "{\"ledger\":\"runtype-surface\",\"format\":\"x\"}"), 1, "it is no header"),
    ];
    for (text, number, expected) in cases {
        match Index::read(text.as_bytes()) {
            Err(Unreadable::Corrupt { line, problem }) => assert_eq!((line, problem), (number, expected), "{text}"),
            other => panic!("{other:?} of {text}"),
        }
    }
    let error =
        problem::unreadable("run.jsonl", &Unreadable::Corrupt { line: 3, problem: "it is no line of a ledger" });
    assert_eq!(
        error.to_string(),
        "ledger: run.jsonl is damaged in line 3: it is no line of a ledger. It is not changed: restore the file, or repair that line"
    );
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![
        Just(End::Answered),
        Just(End::Never),
        any::<bool>().prop_map(|may_have_executed| End::Failed { may_have_executed }),
    ]
}

/// Reopens what is left of a ledger, and checks it against its whole lines.
fn reopens(bytes: &[u8], cut: usize) {
    let left = &bytes[..cut];
    // A whole last line counts even if its line break is missing.
    let is_whole = bytes.get(cut) == Some(&b'\n');
    let end = if is_whole { cut } else { left.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1) };
    let expected = Index::read(&left[..end]).unwrap();
    let found = Index::read(left).unwrap();
    assert_eq!((&found.rows, &found.header), (&expected.rows, &expected.header), "cut at {cut}");
    assert_eq!((found.end, found.lacks_line_break), (end as u64, is_whole), "cut at {cut}");
    // The same once it was opened and closed.
    let disk = Disk::of(left);
    drop(opened(&disk));
    let again = Index::read(&*disk.bytes()).unwrap();
    assert_eq!(again.rows, expected.rows, "cut at {cut}");
    assert!(
        again.header.is_some() && !again.lacks_line_break && again.end == disk.bytes().len() as u64,
        "cut at {cut}"
    );
}

#[test]
fn a_ledger_that_is_cut_at_any_byte_reopens_to_what_its_whole_lines_say() {
    let bytes = written_by(&[
        (1, End::Answered),
        (2, End::Failed { may_have_executed: true }),
        (3, End::Never),
        (4, End::Failed { may_have_executed: false }),
    ]);
    for cut in 0..=bytes.len() {
        reopens(&bytes, cut);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_ledger_that_is_cut_anywhere_reopens(ends in prop::collection::vec(ends(), 0..12), at in any::<prop::sample::Index>()) {
        let rows: Vec<_> = (0..).zip(ends).collect();
        let bytes = written_by(&rows);
        reopens(&bytes, at.index(bytes.len() + 1));
    }

    #[test]
    fn no_file_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..200), is_begun in any::<bool>()) {
        if is_begun {
            bytes.splice(0..0, written(&Header::new("echo", SURFACE)));
        }
        let _ = Index::read(&*bytes);
        let _ = answer::response(&bytes, "echo");
        let _ = answer::failure(&bytes, "echo");
    }
}

#[test]
fn the_names_of_events_are_those_of_the_format() {
    let names = [Event::Opened, Event::Sent, Event::Answered, Event::Failed]
        .map(|event| serde_json::to_string(&event).unwrap());
    assert_eq!(names, ["\"opened\"", "\"sent\"", "\"answered\"", "\"failed\""]);
}
