/** The vendor's names of events (api.md, vendor). The list grows: any other name is passed through. */
export type StreamEventName =
  | 'execution_start'
  | 'execution_complete'
  | 'execution_error'
  | 'step_start'
  | 'step_complete'
  | 'step_skip'
  | 'turn_start'
  | 'turn_complete'
  | 'text_start'
  | 'text_delta'
  | 'text_complete'
  | 'reasoning_start'
  | 'reasoning_delta'
  | 'reasoning_complete'
  | 'tool_start'
  | 'tool_input_delta'
  | 'tool_input_complete'
  | 'tool_output_delta'
  | 'tool_complete'
  | 'approval_start'
  | 'approval_complete'
  | 'await'
  | 'context_notice'
  | 'source'
  | 'custom'
  | 'ping'
  | 'error'
  // Keeps the names above as suggestions in editors.
  | (string & {});

/** Events as the native part returns them: the name, the data and the id (`null`: still the same) of each in turn. */
export type EventReports = readonly unknown[];

/**
 * One event of a stream: its name, its data, and typed access to the vocabulary's fields. What an event does not have is
 * `null`.
 */
export class StreamEvent {
  /** The event's name: `text_delta`, `execution_complete` and so on. */
  readonly name: StreamEventName;
  /** The data, parsed: by the vocabulary an object. Data that is not JSON is a string. */
  readonly data: unknown;
  /** The event's `id` field, or that of the last event that had one. */
  readonly id: string;

  /** @internal */
  constructor(name: string, data: unknown, id: string) {
    this.name = name;
    this.data = data;
    this.id = id;
  }

  /** The event's sequence number in its execution. */
  get seq(): number | null {
    const seq = field(this.data, 'seq');
    return Number.isSafeInteger(seq) && (seq as number) >= 0 ? (seq as number) : null;
  }

  /** The execution's id, under which the product's owner finds it in the logs. */
  get executionId(): string | null {
    return text(field(this.data, 'executionId'));
  }

  /** The piece of text of a `…_delta` event. */
  get delta(): string | null {
    return text(field(this.data, 'delta'));
  }

  /** The id of the text, tool or step that the event belongs to. */
  get partId(): string | null {
    return text(field(this.data, 'id'));
  }

  /** The capability's output, which `execution_complete` has. */
  get finalOutput(): unknown {
    return field(this.data, 'finalOutput') ?? null;
  }

  /** How long the execution took, in milliseconds, which `execution_complete` says. */
  get durationMs(): number | null {
    return number(field(this.data, 'durationMs'));
  }

  /** The code of an `execution_error` or `error` event; of a number, its digits. */
  get code(): string | null {
    return code(field(this.data, 'code')) ?? code(field(field(this.data, 'error'), 'code'));
  }

  /** The message of an `execution_error` or `error` event. */
  get errorMessage(): string | null {
    const error = field(this.data, 'error');
    return text(error) ?? text(field(error, 'message')) ?? text(field(this.data, 'message'));
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function code(value: unknown): string | null {
  return typeof value === 'number' ? String(value) : text(value);
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
