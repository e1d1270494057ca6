/**
 * `runtype-surface/testing`: a mock of an API surface for an application's own tests.
 *
 * @packageDocumentation
 */

export { findMockBinary } from './mock-binary.js';
export {
  type MockCapability,
  type MockFault,
  type MockFaultKind,
  type MockKey,
  type MockOptions,
  type MockRequest,
  MockSurface,
  startMock,
} from './mock-surface.js';
