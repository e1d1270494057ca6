/// <reference lib="es2022" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />

/**
 * `runtype-mock`: a mock of an API surface for an application's own tests.
 *
 * @packageDocumentation
 */

export { findMockBinary } from './mock-binary.js';
export type { MockFault, MockFaultKind } from './mock-fault.js';
export type { MockRequest } from './mock-request.js';
export {
  type MockCapability,
  type MockKey,
  type MockOptions,
  MockSurface,
  startMock,
} from './mock-surface.js';
