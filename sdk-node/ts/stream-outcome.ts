// How a stream ended, and what its execution used.

/** How a stream ended: its execution completed, or waits for a tool's result or an approval. */
export type StreamOutcome = 'completed' | 'awaiting';

/** What an execution used, from its `execution_complete` event. A field is `null` where the event does not have it. */
export interface Usage {
  /** Number of tokens that the models read. */
  readonly inputTokens: number | null;
  /** Number of tokens that the models wrote. */
  readonly outputTokens: number | null;
  /** Number of tokens in total. */
  readonly totalTokens: number | null;
  /** Cost of the execution, in the server's unit. */
  readonly cost: number | null;
  /** Why the execution stopped. */
  readonly stopReason: string | null;
  /** Duration of the execution, in milliseconds. */
  readonly durationMs: number | null;
  /** Number of iterations of an agent. */
  readonly iterations: number | null;
}

/** What the core reports of a stream. */
interface ProgressReport {
  outcome: StreamOutcome | null;
  usage: {
    input_tokens: number | null;
    output_tokens: number | null;
    total_tokens: number | null;
    cost: number | null;
    stop_reason: string | null;
    duration_ms: number | null;
    iterations: number | null;
  } | null;
}

/** How a stream ended, of what the core reports as JSON text. */
export function outcomeOf(report: string): StreamOutcome | null {
  return (JSON.parse(report) as ProgressReport).outcome;
}

/** What the execution used, of what the core reports as JSON text. */
export function usageOf(report: string): Usage | null {
  const { usage } = JSON.parse(report) as ProgressReport;
  return (
    usage && {
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
      totalTokens: usage.total_tokens,
      cost: usage.cost,
      stopReason: usage.stop_reason,
      durationMs: usage.duration_ms,
      iterations: usage.iterations,
    }
  );
}
