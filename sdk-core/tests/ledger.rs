//! Many calls with a ledger: continued runs, ids, and one file for one process.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{collections::HashMap, fs, path::Path};

use runtype_mock::{Answer, Fault, FaultKind, MockSurface};
use runtype_surface::{CallMany, CallResult, Client, ErrorKind, RowId, list_unknown};
use serde_json::{Value, json};
use support::builder;
use tempfile::TempDir;

const INPUTS: usize = 40;

fn inputs() -> impl Iterator<Item = Value> + Send + 'static {
    (0..INPUTS).map(|number| json!({ "id": number, "text": "x" }))
}

struct Subject {
    mock: MockSurface,
    client: Client,
    folder: TempDir,
}

impl Subject {
    async fn new() -> Self {
        let mock = MockSurface::start().await.unwrap();
        let client = builder(&mock).build().unwrap();
        Self { mock, client, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("run.jsonl")
    }

    fn run(&self, inputs: impl IntoIterator<Item = Value, IntoIter: Send + 'static>) -> CallMany {
        self.client.capability("echo").many(inputs).ledger(self.path()).id("id").concurrency(4)
    }

    /// How often each input reached its capability.
    fn reached(&self) -> HashMap<String, usize> {
        let mut reached = HashMap::new();
        for entry in self.mock.requests() {
            let entry = entry.to_json();
            if entry["reached"] == true {
                *reached.entry(entry["body"].to_string()).or_default() += 1;
            }
        }
        reached
    }
}

async fn all(mut many: CallMany) -> Vec<CallResult> {
    let mut results = Vec::new();
    while let Some(result) = many.next().await {
        results.push(result);
    }
    results
}

#[tokio::test]
async fn a_second_run_yields_the_results_of_the_first_without_sending_anything() {
    let subject = Subject::new().await;
    let first = all(subject.run(inputs())).await;
    assert!(first.iter().all(|result| result.is_ok() && !result.replayed));
    let second = all(subject.run(inputs())).await;
    assert_eq!(subject.mock.requests().len(), INPUTS);
    for (at, (one, other)) in first.into_iter().zip(second).enumerate() {
        assert!(other.replayed && other.index == at && one.input == other.input);
        let (one, other) = (one.result.unwrap(), other.result.unwrap());
        assert_eq!((one.output, one.status, one.request_id), (other.output, other.status, other.request_id));
        assert!(other.attempts.is_empty());
    }
}

#[tokio::test]
async fn a_run_that_its_reader_leaves_is_continued_and_no_input_reaches_its_capability_twice() {
    let subject = Subject::new().await;
    let mut unknown = 0;
    for left_after in [3, 10, 20] {
        let mut many = subject.run(inputs());
        for _ in 0..left_after {
            many.next().await.unwrap();
        }
        drop(many);
        unknown = list_unknown(subject.path()).unwrap().len();
        assert!(unknown <= 3 * 4, "{unknown}");
    }
    let last = all(subject.run(inputs())).await;
    let held: Vec<_> = last.iter().filter_map(|result| result.result.as_ref().err()).collect();
    assert!(
        held.iter().all(|error| error.kind() == ErrorKind::Ledger && error.not_sent() && error.may_have_executed())
    );
    assert_eq!((last.len(), held.len()), (INPUTS, unknown));
    assert!(subject.reached().values().all(|count| *count == 1));
    assert!(subject.reached().len() >= INPUTS - unknown);
}

#[tokio::test]
async fn rows_that_may_have_been_executed_are_listed_and_sent_again_on_the_caller_s_word_alone() {
    let subject = Subject::new().await;
    subject.mock.fault(Fault::new(FaultKind::Reset).nth(2)).unwrap();
    subject.mock.fault(Fault::status(500).json(json!({ "error": "Boom" })).nth(3)).unwrap();
    subject.mock.fault(Fault::status(400).json(json!({ "error": "no" })).nth(4)).unwrap();
    let rows = || (0..4).map(|id| json!({ "id": id }));
    let first = all(subject.run(rows()).concurrency(1)).await;
    let executed: Vec<_> =
        first.iter().map(|result| result.result.as_ref().err().map(|error| error.may_have_executed())).collect();
    assert_eq!(executed, [None, Some(true), Some(true), Some(false)]);
    let listed = list_unknown(subject.path()).unwrap();
    let ids: Vec<_> = listed.iter().map(|row| row.id.clone()).collect();
    assert_eq!(ids, [RowId::from(1), RowId::from(2)]);
    assert_eq!(listed[1].failure.as_deref(), Some("500 Boom"));
    // What was not executed is sent again, what may have been is not.
    let second = all(subject.run(rows())).await;
    assert_eq!(second.iter().map(CallResult::is_ok).collect::<Vec<_>>(), [true, false, false, true]);
    assert_eq!(subject.mock.requests().len(), 5);
    let third = all(subject.run(rows()).rerun_unknown(true)).await;
    assert_eq!(
        third.iter().map(|result| (result.is_ok(), result.replayed)).collect::<Vec<_>>(),
        [(true, true), (true, false), (true, false), (true, true)]
    );
    assert_eq!(subject.mock.requests().len(), 7);
    assert!(list_unknown(subject.path()).unwrap().is_empty());
}

#[tokio::test]
async fn the_rest_of_a_run_that_a_refused_key_stopped_is_sent_in_the_next_one() {
    let subject = Subject::new().await;
    let mut many = subject.run(inputs()).concurrency(1);
    many.next().await.unwrap().result.unwrap();
    subject.mock.fault(Fault::status(401).json(json!({ "error": "Invalid or missing API key" })).times(1)).unwrap();
    let stopped = all(many).await;
    assert!(stopped.iter().all(|result| !result.is_ok()));
    assert_eq!(subject.mock.requests().len(), 2);
    let text = fs::read_to_string(subject.path()).unwrap();
    assert_eq!(text.matches("\"event\":\"sent\"").count(), 2, "rows that are not sent leave no line");
    assert!(all(subject.run(inputs())).await.iter().all(CallResult::is_ok));
    assert_eq!(subject.reached().len(), INPUTS);
}

#[tokio::test]
async fn two_equal_inputs_with_one_id_are_sent_once_and_an_unequal_one_is_refused() {
    for in_order in [true, false] {
        let subject = Subject::new().await;
        let row = |id: &str, text: &str| json!({ "id": id, "text": text });
        let rows = vec![row("a", "x"), row("a", "x"), row("b", "x"), row("a", "y"), row("a", "x")];
        let mut results = all(subject.run(rows).in_order(in_order)).await;
        results.sort_by_key(|result| result.index);
        let told: Vec<_> = results.iter().map(|result| (result.is_ok(), result.replayed)).collect();
        assert_eq!(told, [(true, false), (true, true), (true, false), (false, false), (true, true)]);
        let refused = results.remove(3).result.unwrap_err();
        assert_eq!(refused.option(), Some("id"));
        assert!(refused.to_string().starts_with("id: that of input 3 is \"a\", as of an earlier input"), "{refused}");
        assert_eq!(subject.mock.requests().len(), 2);
    }
}

#[tokio::test]
async fn rows_that_wait_for_one_that_fails_get_its_error() {
    let subject = Subject::new().await;
    subject.mock.fault(Fault::status(500).json(json!({ "error": "Boom" })).times(1)).unwrap();
    let results = all(subject.run((0..10).map(|_| json!({ "id": 1 })))).await;
    assert_eq!(results.len(), 10);
    assert!(results.iter().all(|result| !result.is_ok()));
    assert_eq!(results[0].result.as_ref().unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(subject.mock.requests().len(), 1);
}

#[tokio::test]
async fn a_second_run_at_the_same_time_is_refused_and_harms_nothing() {
    let subject = Subject::new().await;
    let mut first = subject.run(inputs());
    first.next().await.unwrap().result.unwrap();
    let before = subject.mock.requests().len();
    let mut second = subject.run(inputs());
    let refused = second.next().await.unwrap().result.unwrap_err();
    assert!(second.next().await.is_none());
    assert_eq!((refused.kind(), refused.option()), (ErrorKind::Configuration, Some("ledger")));
    let expected = format!(
        "ledger: {} is in use by another run of this process: wait until that run has ended, or use another ledger",
        subject.path().display()
    );
    assert_eq!(refused.to_string(), expected);
    assert!(list_unknown(subject.path()).unwrap_err().to_string().contains("is in use"));
    assert!(subject.mock.requests().len() >= before);
    assert!(all(first).await.iter().all(CallResult::is_ok));
    assert_eq!(subject.reached().len(), INPUTS);
}

#[tokio::test]
async fn a_ledger_of_another_capability_and_files_that_are_none_are_refused_and_not_changed() {
    let subject = Subject::new().await;
    let refused = |path: &Path, capability: &'static str| {
        let many = subject.client.capability(capability).many(inputs()).ledger(path).id("id");
        async move { all(many).await.remove(0).result.unwrap_err().to_string() }
    };
    let other = subject.folder.path().join("data.csv");
    fs::write(&other, "papi,b\n").unwrap();
    assert!(refused(&other, "echo").await.contains("is no ledger"));
    assert_eq!(fs::read_to_string(&other).unwrap(), "papi,b\n");
    assert!(refused(subject.folder.path(), "echo").await.contains("is no file"));
    assert!(refused(&subject.folder.path().join("no/folder"), "echo").await.contains("cannot be opened: "));
    all(subject.run(inputs().take(1))).await;
    assert!(refused(&subject.path(), "other").await.contains("is of the capability \"echo\", not of \"other\""));
    assert_eq!(subject.mock.requests().len(), 1);
    let absent = list_unknown(subject.folder.path().join("absent")).unwrap_err();
    assert!(absent.to_string().contains("cannot be opened"), "{absent}");
}

#[tokio::test]
async fn options_of_a_ledger_that_do_not_go_together_are_refused() {
    let subject = Subject::new().await;
    let many = || subject.client.capability("echo").many(inputs());
    let first = |many: CallMany| async move { all(many).await.remove(0).result.unwrap_err() };
    let no_id = first(many().ledger(subject.path())).await;
    assert_eq!(
        no_id.to_string(),
        "id: a ledger needs it: the name of a field of the inputs, or a function of an input"
    );
    for (refused, option) in
        [(many().id("id"), "id"), (many().rerun_unknown(true), "rerun_unknown"), (many().sync(true), "sync")]
    {
        let error = first(refused).await;
        assert_eq!(error.option(), Some(option));
        assert!(error.to_string().contains("pass the path of one as ledger too"), "{error}");
    }
    assert!(!subject.path().exists() && subject.mock.requests().is_empty());
    assert!(all(many().rerun_unknown(false).sync(false)).await.iter().all(CallResult::is_ok));
}

#[tokio::test]
async fn an_id_comes_from_a_function_of_the_input_and_a_row_without_one_fails_alone() {
    let subject = Subject::new().await;
    let by = |input: &Value| format!("{}-{}", input["user"], input["day"]);
    let rows = || vec![json!({ "user": 1, "day": 2 }), json!({ "user": 1, "day": 3 })];
    let many = || subject.client.capability("echo").many(rows()).ledger(subject.path()).id_with(by);
    assert!(all(many()).await.iter().all(|result| result.is_ok() && !result.replayed));
    assert!(all(many()).await.iter().all(|result| result.is_ok() && result.replayed));
    let text = fs::read_to_string(subject.path()).unwrap();
    assert!(text.contains("\"id\":\"1-3\""), "{text}");
    let missing =
        subject.client.capability("echo").many(rows()).ledger(subject.folder.path().join("other.jsonl")).id("nr");
    let errors: Vec<_> = all(missing).await.into_iter().map(|result| result.result.unwrap_err().to_string()).collect();
    assert_eq!(errors[1], "id: that of input 1 is missing: it has no field \"nr\"");
}

#[tokio::test]
async fn a_ledger_holds_neither_the_key_nor_an_input() {
    let subject = Subject::new().await;
    subject.mock.fault(Fault::status(500).json(json!({ "error": subject.mock.api_key() })).times(1)).unwrap();
    subject.mock.answer("echo", Answer::fixed(json!({ "out": 1 }))).unwrap();
    let rows = (0..3).map(|id| json!({ "id": id, "secret": "the input" }));
    all(subject.client.capability("echo").many(rows).ledger(subject.path()).id("id")).await;
    let text = fs::read_to_string(subject.path()).unwrap();
    assert!(!text.contains(&subject.mock.api_key()) && !text.contains("the input"), "{text}");
    assert!(text.contains("\"output\":{\"out\":1}"), "{text}");
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off_and_its_row_is_sent() {
    let subject = Subject::new().await;
    all(subject.run(inputs().take(2)).concurrency(1)).await;
    let text = fs::read_to_string(subject.path()).unwrap();
    // The end of the second row is cut short: its claim stays.
    fs::write(subject.path(), &text[..text.len() - 5]).unwrap();
    let listed = list_unknown(subject.path()).unwrap();
    assert_eq!(listed.iter().map(|row| (&row.id, &row.failure)).collect::<Vec<_>>(), [(&RowId::from(1), &None)]);
    // Its claim is cut short: nothing was sent.
    let claim = text.rfind("{\"event\":\"sent\"").unwrap();
    fs::write(subject.path(), &text[..claim + 20]).unwrap();
    let results = all(subject.run(inputs().take(2))).await;
    assert_eq!(results.iter().map(|result| result.replayed).collect::<Vec<_>>(), [true, false]);
    let damaged = fs::read_to_string(subject.path()).unwrap().replacen("\"answered\"", "\"answer\"", 1);
    fs::write(subject.path(), &damaged).unwrap();
    let refused = all(subject.run(inputs())).await.remove(0).result.unwrap_err();
    assert!(refused.to_string().contains("is damaged in line 4: it is no line of a ledger"), "{refused}");
    assert_eq!(fs::read_to_string(subject.path()).unwrap(), damaged);
}
