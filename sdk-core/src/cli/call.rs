//! `call` and `openapi`: one request, and its output.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::{Value, value::RawValue};

use super::{
    json::{compact, indented},
    terminal::{Form, Stopped, Terminal},
};
use crate::{
    call::Call,
    client::Client,
    stream::{EventStream, event::StreamEvent, event_kind::EventKind},
};

/// Makes a call and writes its output.
pub(super) async fn call(call: Call, terminal: &mut Terminal) -> Result<(), Stopped> {
    let response = call.send_bytes().await?;
    let output = response.output.clone();
    // Anything but JSON is an error.
    response.decode::<IgnoredAny>()?;
    write_output(&output, terminal)
}

/// Writes the surface's OpenAPI document.
pub(super) async fn openapi(client: &Client, terminal: &mut Terminal) -> Result<(), Stopped> {
    call(client.openapi_call(), terminal).await
}

/// For people a text is written without quotes.
fn write_output(output: &Bytes, terminal: &mut Terminal) -> Result<(), Stopped> {
    let json = String::from_utf8_lossy(output);
    if terminal.form() == Form::Json {
        return terminal.write(&(compact(&json) + "\n"));
    }
    let shown = serde_json::from_str::<String>(&json).unwrap_or_else(|_| indented(&json));
    terminal.write_words(shown.strip_suffix('\n').unwrap_or(&shown))?;
    terminal.write("\n")
}

/// Writes a stream as it comes: the answer's text for people, else one event per line.
pub(super) async fn stream(call: Call, terminal: &mut Terminal) -> Result<(), Stopped> {
    let mut stream = call.stream().await?;
    match terminal.form() {
        Form::Json => write_events(&mut stream, terminal).await?,
        Form::Text => write_text(&mut stream, terminal).await?,
    }
    // An execution that waits for something has no answer.
    stream.final_output_bytes().await?;
    Ok(())
}

async fn write_events(stream: &mut EventStream, terminal: &mut Terminal) -> Result<(), Stopped> {
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => terminal.write(&line(&event))?,
            Err(error) => {
                if let Some(event) = error.event() {
                    terminal.write(&line(&event))?;
                }
                return Err(error.into());
            }
        }
    }
    Ok(())
}

/// An event as a line of JSON. Data that is not JSON is a string.
fn line(event: &StreamEvent) -> String {
    let data = match serde_json::from_slice::<&RawValue>(event.data()) {
        Ok(data) => compact(data.get()),
        Err(_) => Value::from(&*String::from_utf8_lossy(event.data())).to_string(),
    };
    let (name, id) = (Value::from(event.name()), Value::from(&*event.last_event_id()));
    format!("{{\"name\":{name},\"data\":{data},\"id\":{id}}}\n")
}

async fn write_text(stream: &mut EventStream, terminal: &mut Terminal) -> Result<(), Stopped> {
    let (mut position, mut ends_line) = (0, true);
    let failure = loop {
        let event = match stream.next().await {
            None => break None,
            Some(Err(error)) => break Some(error),
            Some(Ok(event)) => event,
        };
        let (text, end) = stream.record().text_from(position);
        if !text.is_empty() {
            terminal.write_words(&text)?;
            (position, ends_line) = (end, text.ends_with('\n'));
        }
        if event.kind() == EventKind::Error {
            let message = event.error_message().unwrap_or_default();
            terminal.note(&format!("the server reports, and goes on: {}", crate::redact::visible(&message)));
        }
    };
    if !ends_line {
        terminal.write("\n")?;
    }
    if let Some(error) = failure {
        return Err(error.into());
    }
    if position == 0 {
        // A flow without a text has an output only.
        let output = stream.final_output_bytes().await?;
        write_output(&output, terminal)?;
    }
    Ok(())
}
