//! The options of a run that can be continued.

use std::path::PathBuf;

use serde_json::Value;

use super::CallMany;
use crate::ledger::{id::RowId, options::IdSource};

impl CallMany {
    /// Path of a ledger: a file by which the run can be continued after a crash, without sending any input twice. It is created
    /// if it is absent. Needs an [`id`](Self::id).
    ///
    /// A line is written before each request and after each response; the process that has the file open locks it. In a later run
    /// with the same ledger, inputs that were answered are not sent: their results come from the file, as
    /// [`replayed`](crate::CallResult::replayed) ones. Inputs that were never sent, and calls that failed without being executed,
    /// are sent. Inputs whose request was sent without a recorded end (at most [`concurrency`](Self::concurrency) for each crash), and
    /// calls that failed and may have been executed, are held back: their results are errors of the kind
    /// [`Ledger`](crate::ErrorKind::Ledger), and [`list_unknown`](crate::list_unknown) lists them.
    ///
    /// If a line cannot be written before a request, the request is not sent and the run stops: each remaining result is that
    /// error. If the line after it cannot be written, the result is still given, and the run stops too.
    ///
    /// The file holds ids, outputs and errors in plain text, and digests of the inputs; never the key. A ledger belongs to one
    /// capability of one surface.
    ///
    /// ```no_run
    /// # async fn example(client: runtype_surface::Client) -> Result<(), runtype_surface::Error> {
    /// let articles = vec![serde_json::json!({ "id": 1, "input": "One." }), serde_json::json!({ "id": 2, "input": "Two." })];
    /// let mut results = client.capability("summarize-article").many(articles).ledger("run.jsonl").id("id");
    /// while let Some(result) = results.next().await {
    ///     println!("{} {}", result.index, result.is_ok());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn ledger(mut self, path: impl Into<PathBuf>) -> Self {
        self.want(|wanted| wanted.path = Some(path.into()));
        self
    }

    /// Field of the input that is its id in the [ledger](Self::ledger): a text or a whole number, of its own for each input and the
    /// same in each run. Two inputs that are equal may have the same id: the second gets the result of the first.
    pub fn id(mut self, field: impl Into<String>) -> Self {
        self.want(|wanted| wanted.id = Some(IdSource::Field(field.into())));
        self
    }

    /// Computes the id of an input, instead of [`id`](Self::id).
    pub fn id_with<R: Into<RowId>>(mut self, id: impl Fn(&Value) -> R + Send + Sync + 'static) -> Self {
        self.want(|wanted| wanted.id = Some(IdSource::Function(Box::new(move |input| id(input).into()))));
        self
    }

    /// The id comes with each input.
    pub(crate) fn id_given(mut self) -> Self {
        self.want(|wanted| wanted.id = Some(IdSource::Given));
        self
    }

    /// Sends the inputs again that the [ledger](Self::ledger) holds back: those that an earlier run may have executed. Default:
    /// `false`.
    pub fn rerun_unknown(mut self, rerun: bool) -> Self {
        self.want(|wanted| wanted.rerun_unknown = rerun);
        self
    }

    /// Waits for the disk after each line of the [ledger](Self::ledger), so that it survives a power failure and not only the
    /// end of the process. Default: `false`.
    pub fn sync(mut self, sync: bool) -> Self {
        self.want(|wanted| wanted.sync = sync);
        self
    }
}
