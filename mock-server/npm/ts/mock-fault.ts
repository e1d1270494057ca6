// Faults that a mock injects.

/** The kinds of faults. */
export type MockFaultKind =
  | 'latency'
  | 'status'
  | 'reset'
  | 'close'
  | 'truncate'
  | 'stall'
  | 'garbage'
  | 'slow_body'
  | 'bad_json'
  | 'bad_length'
  | 'hang_up';

/** Where and how a fault applies; the README of `runtype-mock` says which fields each kind takes. */
export interface MockFault {
  /** The capability that it applies to. Default: all. */
  capability?: string | undefined;
  /** Which of the matching requests, counted from 1. */
  nth?: number | readonly number[] | undefined;
  /** How many times it applies. */
  times?: number | undefined;
  /** The probability that it applies, 0 to 1, by the mock's seed. */
  probability?: number | undefined;
  /** The delay of the response, in milliseconds. */
  latencyMs?: number | undefined;
  /** Whether the capability runs despite the fault. */
  reached?: boolean | undefined;
  /** The status, for the kind `status`. */
  status?: number | undefined;
  /** Headers, for the kind `status`. */
  headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** A JSON body, for the kind `status`. */
  json?: unknown;
  /** A text as body, for the kind `status`. */
  text?: string | undefined;
  /** The bytes of the body that are sent before it applies. */
  afterBytes?: number | undefined;
  /** How many bytes come at a time, for the kind `slow_body`. */
  chunkBytes?: number | undefined;
  /** The pause between them, or before the connection is closed, in milliseconds. */
  waitMs?: number | undefined;
  /** How far the length that is announced is off, in bytes, for the kind `bad_length`. */
  lengthOffset?: number | undefined;
}
