// Ends what is told of a stream with the stream.

import type { CallTrace } from './call-trace.js';
import { unwrap } from './native-error.js';
import type { EventReader } from './stream.js';

/** The native stream, as far as its end needs it. */
interface Ending {
  readonly spanEnd: Parameters<typeof unwrap<string>>[0];
  close(): unknown;
}

/** Ends a stream that nobody closed and nobody can read any more. */
const dropped = new FinalizationRegistry<{ stream: Ending; trace: CallTrace }>(({ stream, trace }) => {
  stream.close();
  end(stream, trace);
});

function end(stream: Ending, trace: CallTrace): void {
  trace.end(() => unwrap(stream.spanEnd));
}

/** A reader that tells the end of its stream. */
export function tracedReader(reader: EventReader, stream: Ending, trace: CallTrace): EventReader {
  const toEnd = async <T>(read: Promise<T>, isEnd: (value: T) => boolean): Promise<T> => {
    let hasEnded = true;
    try {
      const value = await read;
      hasEnded = isEnd(value);
      return value;
    } finally {
      if (hasEnded) end(stream, trace);
    }
  };
  const traced: EventReader = {
    ...reader,
    nextBatch: () => toEnd(reader.nextBatch(), (batch) => batch === undefined),
    text: () => toEnd(reader.text(), () => true),
    finalOutput: () => toEnd(reader.finalOutput(), () => true),
    close: () => {
      reader.close();
      end(stream, trace);
    },
  };
  dropped.register(traced, { stream, trace });
  return traced;
}
