// Typed access to an event's fields.

import { setEventMaker } from './errors.js';
import { native } from './native.js';
import { unwrap } from './native-error.js';
import type { StreamEvent } from './stream-event.js';

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

  get parentToolCallId(): string | null {
    const own = text(field(this.data, 'parentToolCallId'));
    return own ?? text(field(field(this.data, 'subagent'), 'parentToolCallId'));
  }

  get text(): string | null {
    return text(field(this.data, 'text'));
  }

  get toolName(): string | null {
    return text(field(this.data, 'toolName'));
  }

  get awaitReason(): string | null {
    return text(field(this.data, 'awaitReason'));
  }

  get success(): boolean | null {
    const success = field(this.data, 'success');
    return typeof success === 'boolean' ? success : null;
  }

  get stopReason(): string | null {
    return text(field(this.data, 'stopReason'));
  }

  get code(): string | null {
    return errorOfData(this.data).code ?? null;
  }

  get errorMessage(): string | null {
    return errorOfData(this.data).message ?? null;
  }

  get upgradeUrl(): string | null {
    return errorOfData(this.data).upgradeUrl ?? null;
  }
}

// What `console.log` and an error's stack call it.
Object.defineProperty(EventFields, 'name', { value: 'StreamEvent' });

// An error has the event that it comes from.
setEventMaker(eventOf);

function errorOfData(data: unknown) {
  return unwrap(native.eventError(JSON.stringify(data)));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
