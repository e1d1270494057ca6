// The requests in a mock's journal.

/** A request that the mock received. Keys appear as hints. */
export interface MockRequest {
  /** Counts from 1. */
  readonly n: number;
  /** When it was received, as an ISO 8601 time. */
  readonly time: string;
  readonly method: string;
  readonly path: string;
  /** The query, without its question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** JSON where it is that, else text; the first 64 KiB. */
  readonly body: unknown;
  readonly bodyBytes: number;
  /** The number of its connection. */
  readonly connection: number;
  readonly surface: string | null;
  readonly capability: string | null;
  /** The header that carried the key: `bearer` or `x-api-key`. */
  readonly auth: string | null;
  readonly keyHint: string | null;
  readonly keyId: string | null;
  /** The response's status; `null` where none was sent. */
  readonly status: number | null;
  /** Whether the capability ran. */
  readonly reached: boolean;
  readonly stream: boolean;
  /** The fault that applied. */
  readonly fault: string | null;
  /** Which part of the mock responded. */
  readonly answeredBy: string;
  readonly requestId: string | null;
  readonly executionId: string | null;
  /** Whether the response is still in flight, was delivered whole, or the client closed before. */
  readonly outcome: 'open' | 'delivered' | 'client_closed';
  readonly ended: string | null;
  readonly clientClosedAt: string | null;
}
