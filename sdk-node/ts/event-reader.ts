// Reads a stream of the native part.

import type { CallSite } from './call-site.js';
import type { native } from './native.js';
import { unwrap } from './native-error.js';
import type { EventReader } from './stream.js';

type NativeStream = InstanceType<typeof native.EventStream>;

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
    text: () => read(stream.text()),
    finalOutput: () => read(stream.finalOutput()),
    close: () => {
      stream.close();
    },
  };
}
