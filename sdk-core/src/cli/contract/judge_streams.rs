//! Facts about streams.

use serde_json::Value;

use super::{seen::Seen, verdict::Verdict};
use crate::{error::kind::ErrorKind, redact};

pub(super) fn parameter(seen: &Seen) -> Verdict {
    let Some(stream) = &seen.stream else { return Verdict::not_seen("nothing was streamed") };
    match &stream.end {
        Err(error) if error.kind() == ErrorKind::ResponseDecode => {
            let kind =
                stream.headers.get("content-type").map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
            Verdict::refuted(format!("the response is {}", redact::quote(&kind.unwrap_or_default())))
        }
        Err(error) if stream.events.is_empty() && error.kind() != ErrorKind::Stream => {
            Verdict::not_seen(error.status().map_or_else(|| "no response".to_owned(), |status| status.to_string()))
        }
        _ => Verdict::confirmed(format!("{} events", stream.events.len())),
    }
}

pub(super) fn events(seen: &Seen) -> Verdict {
    let Some(stream) = seen.stream.as_ref().filter(|stream| !stream.events.is_empty()) else {
        return Verdict::not_seen("no event came");
    };
    for event in &stream.events {
        let kind = event.json().ok().and_then(|data: Value| data.get("type")?.as_str().map(str::to_owned));
        if kind.as_deref() != Some(event.name()) {
            let kind = kind.map_or_else(|| "no type".to_owned(), |kind| redact::quote(&kind));
            return Verdict::refuted(format!("the event {} has {kind}", redact::quote(event.name())));
        }
    }
    match &stream.end {
        Ok(Some(_)) => Verdict::confirmed(format!("{} events", stream.events.len())),
        Ok(None) => Verdict::refuted("nothing ended the stream"),
        // The event of a failure ends it as well.
        Err(error) if error.event().is_some() => Verdict::confirmed(format!("{} events", stream.events.len())),
        Err(error) => Verdict::refuted(error.to_string().lines().next().unwrap_or_default()),
    }
}
