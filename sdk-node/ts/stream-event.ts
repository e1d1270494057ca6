// The events of a stream, by the vendor's vocabulary.

import type {
  DeltaData,
  ErrorData,
  EventData,
  ExecutionCompleteData,
  ExecutionStartData,
  PartData,
  TextDeltaData,
  WaitData,
} from './event-data.js';
import { native } from './native.js';
import { unwrap } from './native-error.js';

/** What every event has. */
interface AnyEvent {
  /** The data, parsed; an object, by the vocabulary. It is not checked: data that is not JSON is a string. */
  readonly data: unknown;
  /** The event's `id` field, or that of the last event that had one. */
  readonly id: string;
  /** The event's sequence number in its execution; `null` where it has none. */
  readonly seq: number | null;
  /** The execution's id, under which the product's owner finds it in the logs; `null` where the event has none. */
  readonly executionId: string | null;
}

/** A piece of the text. */
export interface TextDeltaEvent extends AnyEvent {
  readonly name: 'text_delta';
  readonly data: TextDeltaData;
  /** The piece of text. */
  readonly delta: string;
  /** The id of the text that the piece belongs to; `null` where the event has none. */
  readonly partId: string | null;
}

/** A piece of reasoning, or of a tool's input or output. */
export interface DeltaEvent extends AnyEvent {
  readonly name: 'reasoning_delta' | 'tool_input_delta' | 'tool_output_delta';
  readonly data: DeltaData;
  /** The piece of text; `null` where the event has none. */
  readonly delta: string | null;
  /** The id of the reasoning or tool call that the piece belongs to; `null` where the event has none. */
  readonly partId: string | null;
}

/** A text, reasoning, tool call, step or turn begins or is complete. */
export interface PartEvent extends AnyEvent {
  readonly name:
    | 'text_start'
    | 'text_complete'
    | 'reasoning_start'
    | 'reasoning_complete'
    | 'tool_start'
    | 'tool_input_complete'
    | 'tool_complete'
    | 'step_start'
    | 'step_complete'
    | 'step_skip'
    | 'turn_start'
    | 'turn_complete';
  readonly data: PartData;
  /** The id of the text, reasoning, tool call, step or turn; `null` where the event has none. */
  readonly partId: string | null;
}

/** An execution begins. */
export interface ExecutionStartEvent extends AnyEvent {
  readonly name: 'execution_start';
  readonly data: ExecutionStartData;
}

/** The execution is complete. */
export interface ExecutionCompleteEvent extends AnyEvent {
  readonly name: 'execution_complete';
  readonly data: ExecutionCompleteData;
  /** The capability's output; `null` where the event has none. */
  readonly finalOutput: unknown;
  /** How long the execution took, in milliseconds; `null` where the event does not say it. */
  readonly durationMs: number | null;
}

/** An error during the stream, which goes on unless the event is not recoverable. */
export interface ErrorEvent extends AnyEvent {
  readonly name: 'error';
  readonly data: ErrorData;
  /** Whether the stream goes on: `false` only where the event says so. Then the stream ends with a `StreamError`. */
  readonly recoverable: boolean;
  /** The server's code; of a number, its digits. `null` where the event has none. */
  readonly code: string | null;
  /** The server's message; `null` where the event has none. */
  readonly errorMessage: string | null;
}

/** The execution failed: the stream ends with a `StreamError`. */
export interface ExecutionErrorEvent extends AnyEvent {
  readonly name: 'execution_error';
  readonly data: ErrorData;
  readonly recoverable: false;
  /** The server's code; of a number, its digits. `null` where the event has none. */
  readonly code: string | null;
  /** The server's message; `null` where the event has none. */
  readonly errorMessage: string | null;
}

/** The execution waits for a tool's result or for an approval, or an approval was granted or denied. */
export interface WaitEvent extends AnyEvent {
  readonly name: 'await' | 'approval_start' | 'approval_complete';
  readonly data: WaitData;
}

/** The other events of the vocabulary; what they say is in `data`. */
export interface DataEvent extends AnyEvent {
  readonly name:
    | 'context_notice'
    | 'source'
    | 'custom'
    | 'ping'
    | `artifact_${string}`
    | `media_${string}`
    | `state_${string}`;
  readonly data: EventData;
}

// A string that is equal to no literal: so a misspelt name of the vocabulary does not compile.
declare enum OtherName {
  Any = 'a name that the vocabulary does not list',
}

/**
 * An event whose name is not in the vocabulary, which grows: it is passed through. To look for such a name, compare it as a
 * `string`: `const name: string = event.name`.
 */
export interface UnknownEvent extends AnyEvent {
  readonly name: OtherName;
}

/**
 * One event of a stream: its name, its data, and typed access to the vocabulary's fields. `event.name` tells which fields
 * there are.
 *
 * @example
 * ```ts
 * import { Client, type StreamEvent } from 'runtype-surface';
 *
 * function show(event: StreamEvent): void {
 *   if (event.name === 'text_delta') process.stdout.write(event.delta);
 *   else if (event.name === 'execution_complete') console.log(' took', typeof event.durationMs);
 * }
 * for await (const event of new Client().stream('support-agent', { input: 'Where is my parcel?' })) show(event);
 * ```
 */
export type StreamEvent =
  | TextDeltaEvent
  | DeltaEvent
  | PartEvent
  | ExecutionStartEvent
  | ExecutionCompleteEvent
  | ErrorEvent
  | ExecutionErrorEvent
  | WaitEvent
  | DataEvent
  | UnknownEvent;

/** The vocabulary's names of events. */
export type StreamEventName = StreamEvent['name'];

/** Makes an event of its parts. */
export function eventOf(name: string, data: unknown, id: string): StreamEvent {
  return new EventFields(name, data, id) as unknown as StreamEvent;
}

/** All events in one class: what an event does not have is `null`, and read when it is asked for. */
class EventFields {
  readonly name: string;
  readonly data: unknown;
  readonly id: string;

  constructor(name: string, data: unknown, id: string) {
    this.name = name;
    this.data = data;
    this.id = id;
  }

  get seq(): number | null {
    const seq = field(this.data, 'seq');
    return Number.isSafeInteger(seq) && (seq as number) >= 0 ? (seq as number) : null;
  }

  get executionId(): string | null {
    return text(field(this.data, 'executionId'));
  }

  get delta(): string | null {
    return text(field(this.data, 'delta')) ?? (this.name === 'text_delta' ? '' : null);
  }

  get partId(): string | null {
    return text(field(this.data, 'id'));
  }

  get finalOutput(): unknown {
    return field(this.data, 'finalOutput') ?? null;
  }

  get durationMs(): number | null {
    const durationMs = field(this.data, 'durationMs');
    return typeof durationMs === 'number' ? durationMs : null;
  }

  get recoverable(): boolean | null {
    if (this.name === 'error') return field(this.data, 'recoverable') !== false;
    return this.name === 'execution_error' ? false : null;
  }

  get code(): string | null {
    return unwrap(native.eventError(JSON.stringify(this.data))).code ?? null;
  }

  get errorMessage(): string | null {
    return unwrap(native.eventError(JSON.stringify(this.data))).message ?? null;
  }
}

// What `console.log` and an error's stack call it.
Object.defineProperty(EventFields, 'name', { value: 'StreamEvent' });

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
