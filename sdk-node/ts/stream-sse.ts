// A stream forwarded to a browser: frames of server-sent events, the body of an HTTP response.

import { native } from './native.js';

/** Headers of the response: its type, and that nothing on the way is to hold it back or keep it. */
export function sseHeaders(): [name: string, value: string][] {
  return native.sseHeaders().map(([name = '', value = '']) => [name, value]);
}

/** The frames that `read` gives, until it gives none; cancelling it calls `close`. */
export function sseBody(
  read: () => Promise<Uint8Array | undefined>,
  close: () => Promise<void>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const frames = await read();
        if (frames === undefined) controller.close();
        else controller.enqueue(frames);
      },
      cancel: close,
    },
    // Events are read when the browser's side asks for them, not before.
    { highWaterMark: 0 },
  );
}
