//! The request log: lines for a terminal, or JSON. Never shows a key.

use std::{
    fmt,
    io::Write,
    sync::{
        Arc, atomic,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

use crate::state::journal::{Entry, Outcome};

/// Maximum number of waiting lines. A reader that does not read must neither block the mock nor fill its memory.
const WAITING: usize = 10_000;

/// Time for writing the last lines.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Format of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStyle {
    /// Readable text.
    Text {
        /// Colour the status.
        colour: bool,
    },
    /// One JSON object per line, the journal's entry.
    Json,
}

/// Writes a line for each request whose delivery has ended.
#[derive(Debug)]
pub struct Log {
    lines: Option<SyncSender<Box<Entry>>>,
    dropped: Arc<atomic::AtomicU64>,
    written: Receiver<()>,
}

impl Log {
    /// Creates a log that writes on its own thread.
    pub fn to(mut out: impl Write + Send + 'static, style: LogStyle) -> Self {
        let (lines, entries) = sync_channel::<Box<Entry>>(WAITING);
        let dropped = Arc::new(atomic::AtomicU64::new(0));
        let lost = dropped.clone();
        let (done, written) = sync_channel(1);
        std::thread::spawn(move || {
            for entry in entries {
                let line = match style {
                    LogStyle::Text { colour } => coloured(&entry, colour),
                    LogStyle::Json => entry.to_json().to_string(),
                };
                let lost = lost.swap(0, atomic::Ordering::Relaxed);
                let note = if lost > 0 { format!("({lost} requests not shown)\n") } else { String::new() };
                if writeln!(out, "{note}{line}").and_then(|()| out.flush()).is_err() {
                    // The reader is gone.
                    return;
                }
            }
            let _ = done.send(());
        });
        Self { lines: Some(lines), dropped, written }
    }

    /// Writes a line, or counts it as dropped if too many wait.
    pub(crate) fn write(&self, entry: &Entry) {
        let Some(lines) = &self.lines else { return };
        if let Err(TrySendError::Full(_)) = lines.try_send(Box::new(entry.clone())) {
            self.dropped.fetch_add(1, atomic::Ordering::Relaxed);
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines = None;
        // Waiting lines are written before the program ends, unless the reader is gone.
        let _ = self.written.recv_timeout(LAST_WORDS);
    }
}

/// A request as one line: method, path, key, capability, status, time, and anything unusual.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&coloured(self, false))
    }
}

fn coloured(entry: &Entry, colour: bool) -> String {
    let status = entry.status.map_or_else(|| "---".to_owned(), |status| status.to_string());
    let paint = match (colour, entry.status) {
        (false, _) => None,
        (true, Some(200..300)) => Some("32"),
        (true, Some(300..500)) => Some("33"),
        (true, _) => Some("31"),
    };
    let status = paint.map_or(status.clone(), |paint| format!("\u{1b}[{paint}m{status}\u{1b}[0m"));
    let key = entry.key_hint.as_deref().map_or_else(|| "no key".to_owned(), printable);
    let capability = entry.capability.as_deref().map_or_else(|| "-".to_owned(), printable);
    let took = entry.ended.map_or(0, |ended| ended.as_millis().saturating_sub(entry.time.as_millis()));
    let path = printable(&entry.path);
    let mut line = format!("{:<6} {path} {key} {capability} {status} {took} ms", entry.method.as_str());
    if let Some(fault) = entry.fault {
        line.push_str(&format!(" fault={}", fault.name()));
    }
    if entry.answered_by != "surface" {
        line.push_str(&format!(" by={}", entry.answered_by));
    }
    if entry.outcome == Outcome::ClientClosed {
        line.push_str(" (the client closed)");
    }
    line
}

/// A client's text made safe for a terminal: nothing starts another line or moves the cursor. Control characters become visible;
/// removing them could join the text around them to a key.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => printable.extend(c.escape_default()),
            false => printable.push(c),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::{clock::Time, redact::Redactor, request::Request};

    fn entry(target: &str, status: u16) -> Entry {
        let request = Request::new(Method::POST, target);
        let mut entry = Entry::new(&request, &Redactor::new(std::iter::empty()), Time::default(), "req_1");
        entry.capability = request.segments().pop();
        entry.status = Some(status);
        entry
    }

    #[test]
    fn a_status_has_its_colour_on_a_terminal() {
        for (status, painted) in [(200, "\u{1b}[32m200\u{1b}[0m"), (403, "\u{1b}[33m403\u{1b}[0m")] {
            let entry = entry("/v1/products/prod_demo/surfaces/surf_demo/api/echo", status);
            assert!(coloured(&entry, true).contains(painted), "{}", coloured(&entry, true));
            assert!(!entry.to_string().contains('\u{1b}'));
        }
    }

    #[test]
    fn a_path_cannot_forge_a_line_or_move_the_cursor() {
        let forged = entry("/v1/products/prod_demo/surfaces/surf_demo/api/%0Aecho%1B[2J", 404);
        assert_eq!(forged.capability.as_deref(), Some("\necho\u{1b}[2J"));
        for colour in [false, true] {
            let text = coloured(&forged, colour);
            assert!(!text.contains('\n') && !text.contains("\u{1b}[2J"), "{text:?}");
        }
    }
}
