//! How a stream ended, and what its execution used.

use std::time::Duration;

use serde::Serialize;

use super::fields::Fields;

/// How a stream ended. A stream that failed or broke has none: reading it returns the [`Error`](crate::Error).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamOutcome {
    /// The execution completed.
    Completed,
    /// The execution waits for a tool result or an approval, or goes on without this reader. A product key cannot resume it.
    Awaiting,
}

/// What an execution used, from its `execution_complete` event. A field is `None` if the event does not have it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// Number of tokens that the models read (`totalTokens.input`).
    pub input_tokens: Option<u64>,
    /// Number of tokens that the models wrote (`totalTokens.output`).
    pub output_tokens: Option<u64>,
    /// Number of tokens in total (`totalTokensUsed`).
    pub total_tokens: Option<u64>,
    /// Cost of the execution (`totalCost`), in the server's unit.
    pub cost: Option<f64>,
    /// Why the execution stopped (`stopReason`).
    pub stop_reason: Option<String>,
    /// Duration of the execution (`durationMs`).
    #[serde(rename = "duration_ms", serialize_with = "optional_milliseconds")]
    pub duration: Option<Duration>,
    /// Number of iterations of an agent (`iterations`).
    pub iterations: Option<u64>,
}

impl Usage {
    pub(crate) fn read(fields: &Fields<'_>) -> Self {
        let tokens: Fields<'_> = fields.total_tokens.read().unwrap_or_default();
        Self {
            input_tokens: tokens.input.count(),
            output_tokens: tokens.output.count(),
            total_tokens: fields.total_tokens_used.count(),
            cost: fields.total_cost.read(),
            stop_reason: fields.stop_reason.text().map(Into::into),
            duration: fields.duration_ms.read().and_then(|time: f64| Duration::try_from_secs_f64(time / 1e3).ok()),
            iterations: fields.iterations.count(),
        }
    }
}

#[allow(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn optional_milliseconds<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64() * 1e3).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(json: &str) -> Usage {
        Usage::read(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_count_may_be_written_as_a_float() {
        let found = usage(r#"{"totalTokens":{"input":3.0,"output":4},"totalTokensUsed":7e0,"iterations":1.5}"#);
        assert_eq!((found.input_tokens, found.output_tokens, found.total_tokens), (Some(3), Some(4), Some(7)));
        assert_eq!(found.iterations, None);
    }

    #[test]
    fn what_is_no_count_no_number_and_no_duration_is_absent() {
        let odd = r#"{"totalTokens":[1],"totalTokensUsed":-1,"totalCost":"1","durationMs":1e300,"stopReason":{},"iterations":1e30}"#;
        assert_eq!(usage(odd), Usage::default());
        assert_eq!(usage("{}"), Usage::default());
    }

    #[test]
    fn a_duration_is_read_and_written_in_milliseconds() {
        let found = usage(r#"{"durationMs":1500.5,"stopReason":"end_turn","totalCost":0.25}"#);
        assert_eq!(found.duration, Some(Duration::from_micros(1_500_500)));
        assert_eq!((found.stop_reason.as_deref(), found.cost), (Some("end_turn"), Some(0.25)));
        assert_eq!(serde_json::to_value(&found).unwrap()["duration_ms"], 1500.5);
        assert_eq!(serde_json::to_value(Usage::default()).unwrap()["duration_ms"], serde_json::Value::Null);
    }
}
