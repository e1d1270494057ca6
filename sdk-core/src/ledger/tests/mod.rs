//! What a ledger holds, whatever happens to its file.

mod file;

use std::time::Duration;

use super::{disk::Disk, options::IdSource, *};
use crate::{error::kind::ErrorKind, key::ApiKey, response::call_response::Recorded as RecordedResponse};

const SURFACE: &str = "https://h/v1/products/p/surfaces/s/api/";

fn options() -> LedgerOptions {
    LedgerOptions { path: "run.jsonl".into(), id: IdSource::Field("id".into()), rerun_unknown: false, sync: false }
}

fn opened(disk: &Disk) -> Ledger {
    disk.open(options(), SURFACE).unwrap()
}

fn input(id: i64) -> String {
    format!("{{\"id\":{id},\"text\":\"x\"}}")
}

fn response(output: &[u8]) -> CallResponse<Bytes> {
    CallResponse::recorded(RecordedResponse {
        output: Bytes::copy_from_slice(output),
        status: 200,
        request_id: Some("req_1".into()),
        execution_id: Some("exec_1".into()),
        metadata: Some(Bytes::from_static(b"{\n \"a\": 1}")),
        elapsed: Duration::from_micros(1_500),
        capability: "echo".into(),
    })
}

fn error(may_have_executed: bool) -> Error {
    Error::new(crate::error::facts::Facts {
        kind: Some(ErrorKind::Connection),
        text: "echo: the connection broke\nCheck its effects.".into(),
        may_have_executed,
        ..Default::default()
    })
}

/// How a call ends in these tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Answered,
    Failed {
        may_have_executed: bool,
    },
    /// The process is killed.
    Never,
}

async fn sends(ledger: &mut Ledger, id: i64, end: End) {
    let Standing::Unsent(mut claim) = ledger.standing(0, input(id).as_bytes(), None).unwrap() else {
        panic!("row {id} is not to be sent");
    };
    ledger.begin(&claim);
    claim.begin().await.unwrap();
    match end {
        End::Answered => claim.end(Ok(&response(b"{\"a\": 1}"))).await,
        End::Failed { may_have_executed } => claim.end(Err(&error(may_have_executed))).await,
        End::Never => return,
    }
    assert!(claim.take_problem().is_none());
    ledger.end(claim);
}

/// A row in words.
fn standing(ledger: &Ledger, id: i64) -> String {
    match ledger.standing(0, input(id).as_bytes(), None).unwrap() {
        Standing::Unsent(claim) => format!("unsent {}", claim.number),
        Standing::Answered(response) => format!("answered {}", String::from_utf8_lossy(&response.output)),
        Standing::InFlight(_) => "in flight".into(),
        Standing::HeldBack(error) => {
            assert!(error.not_sent() && error.kind() == ErrorKind::Ledger, "{error:?}");
            format!(
                "held back, may have executed {}: {}",
                error.may_have_executed(),
                error.text().lines().next().unwrap()
            )
        }
    }
}

#[tokio::test]
async fn a_later_run_sends_what_was_not_executed_replays_what_was_answered_and_holds_back_the_rest() {
    let disk = Disk::default();
    let ends =
        [End::Answered, End::Failed { may_have_executed: false }, End::Failed { may_have_executed: true }, End::Never];
    let mut ledger = opened(&disk);
    for (id, end) in (0..).zip(ends) {
        sends(&mut ledger, id, end).await;
    }
    let in_this_run: Vec<_> = (0..5).map(|id| standing(&ledger, id)).collect();
    assert_eq!(
        in_this_run,
        [
            "answered {\"a\": 1}",
            "held back, may have executed false: echo: row 1 failed before in this run (the connection broke), so it is not sent twice",
            "held back, may have executed true: echo: row 2 failed before in this run (the connection broke), so it is not sent twice",
            "in flight",
            "unsent 1",
        ]
    );
    drop(ledger);
    let ledger = opened(&disk);
    let later: Vec<_> = (0..5).map(|id| standing(&ledger, id)).collect();
    assert_eq!(
        later,
        [
            "answered {\"a\": 1}",
            "unsent 2",
            "held back, may have executed true: echo: row 2 failed in an earlier run and may have been executed (the connection \
             broke), so it is held back",
            "held back, may have executed true: echo: row 3 was sent in an earlier run, and its end is not recorded, so it is held \
             back",
            "unsent 1",
        ]
    );
    drop(ledger);
    let mut ledger = disk.open(LedgerOptions { rerun_unknown: true, ..options() }, SURFACE).unwrap();
    assert_eq!([2, 3].map(|id| standing(&ledger, id)), ["unsent 2", "unsent 2"]);
    // The caller's word is about earlier runs: in this one nothing is sent twice.
    sends(&mut ledger, 2, End::Failed { may_have_executed: true }).await;
    assert!(standing(&ledger, 2).contains("failed before in this run"), "{}", standing(&ledger, 2));
}

#[tokio::test]
async fn an_output_is_replayed_as_it_was_received() {
    let disk = Disk::default();
    let long = format!("{{\"a\": \"{}\"}}", "x".repeat(100_000));
    let outputs: [(&[u8], &[u8]); 8] = [
        (b"{\"a\": 1.2349999999999999, \"b\": \"\\ud83d\"}", b"{\"a\": 1.2349999999999999, \"b\": \"\\ud83d\"}"),
        (b"{\r\n  \"pretty\": [1e400,\n 2]\n}", b"{    \"pretty\": [1e400,  2] }"),
        (b"null", b"null"),
        (b"\"\\n\"", b"\"\\n\""),
        (b"no JSON,\n{two lines", b"no JSON,\n{two lines"),
        (b"", b""),
        (b"\xff\x00\n", b"\xff\x00\n"),
        (long.as_bytes(), long.as_bytes()),
    ];
    let mut ledger = opened(&disk);
    for (id, (output, _)) in (0..).zip(outputs) {
        let Standing::Unsent(mut claim) = ledger.standing(0, input(id).as_bytes(), None).unwrap() else { panic!() };
        ledger.begin(&claim);
        claim.begin().await.unwrap();
        claim.end(Ok(&response(output))).await;
        ledger.end(claim);
    }
    drop(ledger);
    let ledger = opened(&disk);
    for (id, (_, expected)) in (0..).zip(outputs) {
        let Standing::Answered(found) = ledger.standing(0, input(id).as_bytes(), None).unwrap() else { panic!() };
        assert_eq!(String::from_utf8_lossy(&found.output), String::from_utf8_lossy(expected));
        assert_eq!(
            (found.status, found.request_id.as_deref(), found.execution_id.as_deref()),
            (200, Some("req_1"), Some("exec_1"))
        );
        assert_eq!(found.elapsed, Duration::from_micros(1_500));
        assert_eq!(found.metadata::<Value>().unwrap(), Some(serde_json::json!({ "a": 1 })));
        assert!(found.attempts.is_empty() && found.headers.is_empty());
    }
}

#[tokio::test]
async fn a_key_that_the_server_echoes_does_not_reach_the_file() {
    let disk = Disk::default();
    let mut ledger = opened(&disk);
    let Standing::Unsent(mut claim) = ledger.standing(0, input(0).as_bytes(), None).unwrap() else { panic!() };
    ledger.begin(&claim);
    claim.begin().await.unwrap();
    let mut echoed = response(b"{\"you sent\": \"papi_example_0000a1b2\"}");
    echoed.metadata = Some(Bytes::from_static(b"{\"key\": \"papi_example_0000a1b2\"}"));
    echoed.key = Some(ApiKey::parse("papi_example_0000a1b2").unwrap());
    claim.end(Ok(&echoed)).await;
    ledger.end(claim);
    assert_eq!(standing(&ledger, 0), "answered {\"you sent\": \"papi_…a1b2\"}");
    assert!(!String::from_utf8(disk.bytes()).unwrap().contains("0000a1b2"));
    let held = ledger.standing(1, b"{\"id\": \"papi_example_0000a1b2\"}", None).map(drop).unwrap_err();
    assert!(held.to_string().contains("looks like a key") && !held.to_string().contains("0000"), "{held}");
}

#[tokio::test]
async fn a_line_is_one_write_and_a_disk_that_fills_up_keeps_no_part_of_it() {
    let disk = Disk::default();
    let mut ledger = opened(&disk);
    sends(&mut ledger, 0, End::Answered).await;
    let before = disk.bytes();
    assert_eq!(disk.content().writes.iter().sum::<usize>(), before.len());
    assert_eq!(disk.content().writes.len(), 3, "the opening, a claim and an end");
    disk.content().room = Some(before.len() + 10);
    let Standing::Unsent(mut claim) = ledger.standing(0, input(1).as_bytes(), None).unwrap() else { panic!() };
    ledger.begin(&claim);
    let problem = claim.begin().await.unwrap_err();
    assert!(problem.to_string().starts_with("echo: the ledger run.jsonl cannot be written: "), "{problem}");
    assert_eq!(disk.bytes(), before);
    disk.content().room = None;
    claim.begin().await.unwrap();
    ledger.end(claim);
    assert!(disk.lines()[2].contains("\"event\":\"sent\",\"id\":1,"), "{:?}", disk.lines());
}

#[tokio::test]
async fn a_part_of_a_line_that_cannot_be_cut_off_at_once_is_cut_off_before_the_next_line() {
    let disk = Disk::default();
    let ledger = opened(&disk);
    let before = disk.bytes();
    (disk.content().room, disk.content().fails_to_cut) = (Some(before.len() + 10), true);
    let Standing::Unsent(mut claim) = ledger.standing(0, input(1).as_bytes(), None).unwrap() else { panic!() };
    claim.begin().await.unwrap_err();
    assert_eq!(disk.bytes().len(), before.len() + 10);
    disk.content().room = None;
    let problem = claim.begin().await.unwrap_err();
    assert!(problem.to_string().contains("the disk is gone"), "{problem}");
    disk.content().fails_to_cut = false;
    claim.begin().await.unwrap();
    assert_eq!(disk.lines().len(), 1);
}

#[tokio::test]
async fn only_with_sync_each_line_waits_for_the_disk() {
    for (sync, expected) in [(false, 0), (true, 1 + 2 * 3)] {
        let disk = Disk::default();
        let mut ledger = disk.open(LedgerOptions { sync, ..options() }, SURFACE).unwrap();
        for id in 0..3 {
            sends(&mut ledger, id, End::Answered).await;
        }
        assert_eq!(disk.content().syncs, expected);
    }
}

#[tokio::test]
async fn one_wait_for_the_disk_serves_the_lines_of_many_rows() {
    let disk = Disk::default();
    let ledger = disk.open(LedgerOptions { sync: true, ..options() }, SURFACE).unwrap();
    let (claims, rows) = {
        // The writer waits for the disk while it is held here.
        let content = disk.content();
        let appended: Vec<_> = (0..50).map(|_| ledger.book.writer.append(b"{}\n".to_vec())).collect();
        (appended, content.syncs)
    };
    for claim in claims {
        claim.await.unwrap();
    }
    let syncs = disk.content().syncs - rows;
    assert!((1..=2).contains(&syncs), "{syncs} waits for 50 lines");
}

#[tokio::test]
async fn a_claim_that_does_not_reach_the_disk_is_no_claim() {
    let disk = Disk::default();
    let ledger = disk.open(LedgerOptions { sync: true, ..options() }, SURFACE).unwrap();
    disk.content().fails_to_sync = true;
    let Standing::Unsent(mut claim) = ledger.standing(0, input(1).as_bytes(), None).unwrap() else { panic!() };
    claim.begin().await.unwrap_err();
}

#[test]
fn the_id_of_a_row_is_named_by_its_position_if_it_is_wrong() {
    let ledger = opened(&Disk::default());
    for (json, expected) in [
        ("{}", "id: that of input 7 is missing: it has no field \"id\""),
        ("{\"id\":null}", "id: that of input 7 must be a text or a whole number, not null (field \"id\")"),
        ("{\"id\":1.5}", "id: that of input 7 must be a text or a whole number, not another number (field \"id\")"),
        ("{\"id\":true}", "id: that of input 7 must be a text or a whole number, not a boolean (field \"id\")"),
        ("{\"id\":[]}", "id: that of input 7 must be a text or a whole number, not an array (field \"id\")"),
        (
            "{\"id\":{},\"a\":\"\\ud800\"}",
            "id: that of input 7 must be a text or a whole number, not an object (field \"id\")",
        ),
        ("{\"id\":\"\"}", "id: that of input 7 is empty"),
    ] {
        let error = ledger.standing(7, json.as_bytes(), None).map(drop).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.option()), (expected, Some("id")), "{json}");
    }
    // Half of a surrogate pair in another field is no problem of the id.
    assert!(ledger.standing(0, b"{\"id\":5,\"a\":\"\\ud800\"}", None).is_ok());
}

#[tokio::test]
async fn an_id_that_is_given_with_another_input_is_refused() {
    let disk = Disk::default();
    let mut ledger = opened(&disk);
    sends(&mut ledger, 1, End::Answered).await;
    let changed = b"{\"id\":1,\"text\":\"y\"}";
    let error = ledger.standing(9, changed, None).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "id: that of input 9 is 1, as of an earlier input of this run, and they differ: give each input an id of its own"
    );
    assert_eq!(standing(&ledger, 1), "answered {\"a\": 1}");
    let reordered = ledger.standing(9, b"{ \"text\": \"x\", \"id\": 1 }", None).unwrap();
    assert!(matches!(reordered, Standing::Answered(_)));
    drop(ledger);
    let error = opened(&disk).standing(9, changed, None).map(drop).unwrap_err();
    assert!(error.to_string().contains("as of another input in an earlier run"), "{error}");
}

#[test]
fn a_ledger_of_other_calls_is_refused_by_name() {
    let disk = Disk::default();
    drop(opened(&disk));
    let before = disk.bytes();
    let index = || Index::read(&*disk.bytes()).unwrap();
    let refused = |capability, surface| {
        let opened = Ledger::of(Box::new(disk.clone()), index(), options(), capability, surface);
        opened.map(drop).unwrap_err().to_string()
    };
    assert_eq!(
        refused("summarize", SURFACE),
        "ledger: run.jsonl is of the capability \"echo\", not of \"summarize\": use one ledger for each capability of each surface"
    );
    assert!(
        refused("echo", "https://other/").contains("is of the surface \"https://h/v1/products/p/surfaces/s/api/\"")
    );
    assert_eq!(disk.bytes(), before);
}
