// Values that throw when they are read, that change, or that are not what they look like.

/** What the values throw. */
export const thrown = new Error('the application threw this');

export const throwing = () => {
  throw thrown;
};

/** A proxy of which nothing can be read. */
export const trapped = new Proxy({}, new Proxy({}, { get: () => throwing }));

const revocable = Proxy.revocable({}, {});
revocable.revoke();
/** A proxy that has been revoked. */
export const revoked = revocable.proxy;

/** An object whose one property throws. */
export const getter = (name) => Object.defineProperty({}, name, { get: throwing, enumerable: true });

/** An object whose one property has another value each time. */
export const changing = (name, ...values) =>
  Object.defineProperty({}, name, { get: () => values.shift(), enumerable: true });

/** Bytes whose memory has been transferred. */
export const detached = new Uint8Array(8);
structuredClone(detached, { transfer: [detached.buffer] });

/** A string with half a surrogate pair. */
export const HALF = 'half\ud800';

/** An object without a prototype. */
export const bare = Object.create(null);

/** An object that holds itself. */
export const cycle = {};
cycle.self = cycle;

/** An error whose message throws. */
export const messageThrows = Object.defineProperty(new Error(), 'message', { get: throwing });

/** An object that is wrapped `depth` times. */
export function nested(depth, wrap) {
  let value = {};
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
}
