// What the core reports of a call that begins or has ended.

/** Attributes by the names of OpenTelemetry's semantic conventions, and our own under `runtype.`. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanStartReport {
  tracer: { name: string; version: string };
  name: string;
  attributes: Attributes;
}

export interface SpanEndReport {
  attributes: Attributes;
  events: { name: string; time: [seconds: number, nanoseconds: number]; attributes: Attributes }[];
  /** `null` where the span ends now. */
  end: [seconds: number, nanoseconds: number] | null;
  status: { code: 'unset' | 'error'; description: string | null };
}
