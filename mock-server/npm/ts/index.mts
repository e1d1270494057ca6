// The entry for `import`: the same objects as for `require`.

export type {
  MockAnswer,
  MockCapability,
  MockFault,
  MockFaultKind,
  MockFunction,
  MockKey,
  MockOptions,
  MockRequest,
  MockUsage,
  MockVerification,
  MockWhen,
  StreamAnswer,
} from './index.js';
export {
  fail,
  findMockBinary,
  MockSurface,
  matched,
  Reply,
  sequence,
  startMock,
  streamOf,
} from './index.js';
