// The entry for `import`: the same objects as for `require`.

export type { MockCapability, MockFault, MockFaultKind, MockKey, MockOptions, MockRequest } from './index.js';
export { findMockBinary, MockSurface, startMock } from './index.js';
