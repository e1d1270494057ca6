// Reads a stream of the native part.

import type { CallSite } from './call-site.js';
import type { native } from './native.js';
import { unwrap } from './native-error.js';

type NativeStream = InstanceType<typeof native.EventStream>;

/** Events as they cross together: the name, the data and the id (`null`: still the same) of each in turn. */
export type Batch = readonly unknown[];

/** What reads an open stream. Each function throws the errors of `EventStream.next`. */
export interface EventReader {
  /** What is known since the response began, as JSON text. */
  report(): string;
  /** The execution's id, once an event has it. */
  executionId(): string | null;
  /** The next events; `undefined` after the last one. */
  nextBatch(): Promise<Batch | undefined>;
  /** The next events as frames of server-sent events, a failure as the last one; `undefined` after it. */
  nextFrames(): Promise<Uint8Array | undefined>;
  /** How the stream ended, and what its execution used, as JSON text. */
  progress(): string;
  /** Reads to the end, for the text of the answer. `undefined` where a panic came before. */
  text(): Promise<string | undefined>;
  /** Reads to the end, for the output of the closing event. */
  finalOutput(): Promise<unknown>;
  /** Closes the connection. */
  close(): void;
}

/** A stream of the native part, whose errors are thrown with the stack of `site`. */
export function eventReader(stream: NativeStream, site: CallSite): EventReader {
  const read = async <T>(promise: unknown) => {
    const result = await promise;
    return site.run(() => unwrap(result)) as T;
  };
  return {
    report: () => site.run(() => unwrap(stream.report)),
    executionId: () => site.run(() => unwrap(stream.executionId)) ?? null,
    progress: () => site.run(() => unwrap(stream.progress)),
    nextBatch: () => read(stream.nextBatch()),
    nextFrames: () => read(stream.nextFrames()),
    text: () => read(stream.text()),
    finalOutput: () => read(stream.finalOutput()),
    close: () => {
      stream.close();
    },
  };
}
