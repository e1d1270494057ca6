// The entry for `import`: the same objects as for `require`.

export type { MockCapability, MockFault, MockFaultKind, MockKey, MockOptions, MockRequest } from './testing.js';
export { findMockBinary, MockSurface, startMock } from './testing.js';
