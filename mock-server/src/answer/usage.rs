//! Tokens and cost of an execution. No model runs, so they are derived from the sizes of input and output.

use serde::Serialize;

/// Bytes of JSON per token. Assumed.
const BYTES_PER_TOKEN: usize = 4;
/// Tokens per unit of `totalCost`. Assumed.
const TOKENS_PER_COST: f64 = 1_000_000.0;

/// The usage of `execution_complete`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    total_tokens: Tokens,
    total_tokens_used: u32,
    total_cost: f64,
}

/// Tokens of an input and an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Tokens {
    input: u32,
    output: u32,
}

impl Usage {
    /// The usage of an input and an output, given as JSON.
    pub(super) fn of(input: &str, output: &str) -> Self {
        let tokens = |json: &str| u32::try_from(json.len().div_ceil(BYTES_PER_TOKEN)).unwrap_or(u32::MAX);
        let total_tokens = Tokens { input: tokens(input), output: tokens(output) };
        let total_tokens_used = total_tokens.input.saturating_add(total_tokens.output);
        Self { total_tokens, total_tokens_used, total_cost: f64::from(total_tokens_used) / TOKENS_PER_COST }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_four_bytes_begun() {
        assert_eq!(
            json!(Usage::of("{\"a\":1}", "12345678")),
            json!({"totalTokens": {"input": 2, "output": 2}, "totalTokensUsed": 4, "totalCost": 0.000_004})
        );
        assert_eq!(json!(Usage::of("{}", ""))["totalTokens"], json!({"input": 1, "output": 0}));
    }
}
