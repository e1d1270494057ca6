/** One attempt of a call: when it began, how long it took, how it ended. Responses and errors list them. */
export interface Attempt {
  /** Counts from 1. */
  readonly number: number;
  /** How long the client waited before this attempt, after the previous one, in milliseconds. */
  readonly waitedMs: number;
  /** When it began, in milliseconds since the call began. */
  readonly startedMs: number;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
  /** The server responded; there was no connection or it broke; its time ran out; a success could not be read. */
  readonly outcome: 'responded' | 'broken' | 'timed_out' | 'unreadable';
  /** The response's HTTP status, where there was one. */
  readonly status?: number;
  /** Whether the server may have run the capability, where the attempt broke or its time ran out. */
  readonly mayHaveExecuted?: boolean;
  /** The hint of the key that it was sent with, such as `papi_…a1b2`. */
  readonly keyHint: string;
}

/** An attempt as the core reports it. */
export interface AttemptReport {
  number: number;
  waited_ms: number;
  started_ms: number;
  elapsed_ms: number;
  outcome: Attempt['outcome'];
  status?: number;
  may_have_executed?: boolean;
  key_hint: string;
}

/** The core's attempts, with the names of this language. */
export function attemptsOf(reports: readonly AttemptReport[]): readonly Attempt[] {
  return reports.map(attemptOf);
}

/** One of the core's attempts, with the names of this language. */
export function attemptOf(report: AttemptReport): Attempt {
  return {
    number: report.number,
    waitedMs: report.waited_ms,
    startedMs: report.started_ms,
    elapsedMs: report.elapsed_ms,
    outcome: report.outcome,
    ...(report.status !== undefined && { status: report.status }),
    ...(report.may_have_executed !== undefined && { mayHaveExecuted: report.may_have_executed }),
    keyHint: report.key_hint,
  };
}
