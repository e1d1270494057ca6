// The data of a stream's events, by the vendor's vocabulary. It is not checked: a field that an event lacks is `undefined`.

/** What the data of every event may have. The vocabulary grows, so other fields are `unknown`. */
export interface EventData {
  /** The event's name again. */
  readonly type?: string;
  /** The event's sequence number in its execution. */
  readonly seq?: number;
  /** The execution's id. */
  readonly executionId?: string;
  /** The tool call that a nested flow or agent answers, if the event is one of its own. */
  readonly parentToolCallId?: string;
  readonly [field: string]: unknown;
}

/** The data of `text_delta`. */
export interface TextDeltaData extends EventData {
  /** The piece of text. */
  readonly delta: string;
  /** The id of the text. */
  readonly id?: string;
}

/** The data of the other deltas: a piece of reasoning, or of a tool's input or output. */
export interface DeltaData extends EventData {
  /** The piece. */
  readonly delta?: string;
  /** The id of the reasoning or tool call. */
  readonly id?: string;
}

/** The data of what begins and is complete: a text, reasoning, tool call, step or turn. */
export interface PartData extends EventData {
  /** The id of the text, reasoning, tool call, step or turn. */
  readonly id?: string;
  /** The whole text again, in `text_complete`. */
  readonly text?: string;
  /** The tool's name. */
  readonly toolName?: string;
}

/** The data of `execution_start`. */
export interface ExecutionStartData extends EventData {
  /** What is executed, such as a flow or an agent. */
  readonly kind?: string;
  /** When it began. */
  readonly startedAt?: string;
}

/** The data of `execution_complete`. */
export interface ExecutionCompleteData extends EventData {
  /** What was executed, such as a flow or an agent. */
  readonly kind?: string;
  /** Whether the execution succeeded. `false` ends the stream with a `StreamError`. */
  readonly success?: boolean;
  /** The capability's output; often a string, even where it holds JSON. */
  readonly finalOutput?: unknown;
  /** How long the execution took, in milliseconds. */
  readonly durationMs?: number;
  /** Why the model stopped. */
  readonly stopReason?: string;
  /** The tokens that were used. */
  readonly totalTokens?: { readonly input?: number; readonly output?: number };
  /** The sum of the tokens that were used. */
  readonly totalTokensUsed?: number;
  /** What the execution cost. */
  readonly totalCost?: number;
  /** How many turns an agent took. */
  readonly iterations?: number;
  /** The steps of a flow that failed. */
  readonly failedSteps?: readonly unknown[];
}

/** The data of `error` and `execution_error`. */
export interface ErrorData extends EventData {
  /** The message, or an object that has it. */
  readonly error?: string | { readonly message?: string; readonly code?: string | number; readonly details?: unknown };
  /** The server's code. */
  readonly code?: string | number;
  /** Whether the stream goes on; it does unless this is `false`. */
  readonly recoverable?: boolean;
  /** Where the plan can be upgraded. */
  readonly upgradeUrl?: string;
}

/** The data of `await`, `approval_start` and `approval_complete`: the execution waits for a tool's result or for an approval. */
export interface WaitData extends EventData {
  /** The tool whose result or approval is awaited. */
  readonly toolName?: string;
  /** The tool's input. */
  readonly parameters?: unknown;
  /** Why the execution waits. */
  readonly awaitReason?: string;
}
