//! Runs whose ledger is on a disk that fails.

use runtype_mock::{Fault, FaultKind, MockSurface};
use serde_json::{Value, json};

use super::{CallMany, run_ledger::RunLedger};
use crate::{
    client::Client,
    error::{Error, kind::ErrorKind},
    ledger::{
        disk::Disk,
        options::{IdSource, LedgerOptions},
    },
};

const INPUTS: usize = 6;

async fn mock() -> (MockSurface, Client) {
    let mock = MockSurface::start().await.unwrap();
    let client = Client::from_variables(mock.variables()).unwrap();
    (mock, client)
}

/// A run of one call after another.
fn run(client: &Client, disk: &Disk) -> CallMany {
    let call = client.capability("echo");
    let (_, surface) = call.capability_and_surface().unwrap();
    let mut many = call.many((0..INPUTS).map(|id| json!({ "id": id }))).concurrency(1);
    let options =
        LedgerOptions { path: "run.jsonl".into(), id: IdSource::Field("id".into()), rerun_unknown: false, sync: false };
    many.ledger = RunLedger::of(disk.open(options, &surface).unwrap());
    many
}

async fn results(mut many: CallMany) -> Vec<Result<bool, Error>> {
    let mut results = Vec::new();
    while let Some(result) = many.next().await {
        results.push(result.result.map(|response| {
            let output: Value = serde_json::from_slice(&response.output).unwrap();
            assert_eq!(output, json!({ "id": result.index }));
            result.replayed
        }));
    }
    results
}

fn sent(mock: &MockSurface) -> usize {
    mock.requests().len()
}

#[tokio::test]
async fn a_claim_that_cannot_be_written_sends_nothing_and_stops_the_run() {
    let (mock, client) = mock().await;
    let disk = Disk::default();
    let mut many = run(&client, &disk);
    many.next().await.unwrap().result.unwrap();
    disk.content().room = Some(disk.bytes().len() + 20);
    let rest = results(many).await;
    assert_eq!((rest.len(), sent(&mock)), (INPUTS - 1, 1));
    for result in rest {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ledger);
        assert!(error.not_sent() && !error.may_have_executed(), "{error:?}");
        assert!(error.to_string().starts_with("echo: not sent: the ledger run.jsonl cannot be written: "), "{error}");
    }
    disk.content().room = None;
    let all = results(run(&client, &disk)).await;
    assert_eq!(all.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [true, false, false, false, false, false]);
    assert_eq!(sent(&mock), INPUTS);
}

#[tokio::test]
async fn an_end_that_cannot_be_written_is_given_and_stops_the_run_and_its_row_is_unknown_then() {
    let (mock, client) = mock().await;
    let disk = Disk::default();
    // Room for the opening and one claim.
    let first = results(run(&client, &disk)).await;
    assert!(first.iter().all(Result::is_ok));
    let whole = disk.bytes();
    let ends: Vec<_> = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let disk = Disk::default();
    disk.content().room = Some(ends[2] + 30);
    let mut stopped = results(run(&client, &disk)).await.into_iter();
    assert!(!stopped.next().unwrap().unwrap(), "the result reaches the reader");
    assert_eq!(sent(&mock), INPUTS + 1);
    for result in stopped {
        assert!(result.unwrap_err().to_string().contains("cannot be written"));
    }
    disk.content().room = None;
    let mut later = results(run(&client, &disk)).await.into_iter();
    let unknown = later.next().unwrap().unwrap_err();
    assert!(unknown.not_sent() && unknown.may_have_executed(), "{unknown:?}");
    assert!(unknown.to_string().contains("its end is not recorded"), "{unknown}");
    assert!(later.all(|result| !result.unwrap()));
    assert_eq!(sent(&mock), INPUTS + 1 + INPUTS - 1);
}

#[tokio::test]
async fn whoever_drives_a_run_hears_of_an_end_that_is_not_recorded_even_if_it_is_the_last() {
    let (_mock, client) = mock().await;
    let disk = Disk::default();
    let mut many = run(&client, &disk);
    for _ in 1..INPUTS {
        many.next().await.unwrap().result.unwrap();
    }
    let whole = disk.bytes().len();
    let claim = disk.lines().iter().rev().find(|line| line.contains("sent")).unwrap().len() + 1;
    disk.content().room = Some(whole + claim);
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let driven = many.drive(&sender, |result| result).await;
    assert!(receiver.recv().await.unwrap().result.is_ok());
    assert!(driven.unwrap_err().to_string().contains("cannot be written"));
}

#[tokio::test]
async fn a_row_that_a_used_up_window_holds_is_recorded_as_not_executed_while_it_waits() {
    let (mock, client) = mock().await;
    let slow = Fault::status(429).json(json!({ "error": "Slow down" })).header("retry-after-ms", "5");
    mock.fault(slow.nth(1)).unwrap();
    let disk = Disk::default();
    assert!(results(run(&client, &disk)).await.into_iter().all(|result| !result.unwrap()));
    let events: Vec<Value> = disk.lines().iter().take(4).map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = events.iter().map(|line| (line["event"].as_str().unwrap(), line["number"].as_u64())).collect();
    assert_eq!(told, [("sent", Some(1)), ("failed", None), ("sent", Some(2)), ("answered", None)]);
    assert_eq!(events[1]["may_have_executed"], false);
}

#[tokio::test]
async fn a_row_that_was_to_be_sent_again_stays_held_back_if_the_run_stops_before() {
    let (mock, client) = mock().await;
    mock.fault(Fault::new(FaultKind::Reset).nth(2)).unwrap();
    let disk = Disk::default();
    let first = results(run(&client, &disk)).await;
    assert!(first[1].as_ref().unwrap_err().may_have_executed());
    mock.revoke(&mock.api_key()).unwrap();
    let call = client.capability("echo");
    let (_, surface) = call.capability_and_surface().unwrap();
    let options =
        LedgerOptions { path: "run.jsonl".into(), id: IdSource::Field("id".into()), rerun_unknown: true, sync: false };
    let mut many =
        call.many([json!({ "id": 100 }), json!({ "id": 1 }), json!({ "id": 0 }), json!({ "id": 101 })]).concurrency(1);
    many.ledger = RunLedger::of(disk.open(options, &surface).unwrap());
    let mut kinds = Vec::new();
    while let Some(result) = many.next().await {
        kinds.push(result.result.err().map(|error| (error.kind(), error.may_have_executed(), error.not_sent())));
    }
    assert_eq!(
        kinds,
        [
            Some((ErrorKind::Authentication, false, false)),
            Some((ErrorKind::Ledger, true, true)),
            None,
            Some((ErrorKind::Authentication, false, true)),
        ]
    );
}
