/** A wait that took longer than it may. */
export class DeadlineError extends Error {
  readonly code = "DEADLINE";
  readonly afterMs: number;

  constructor(afterMs: number) {
    super(`no answer within ${afterMs} ms`);
    this.name = "DeadlineError";
    this.afterMs = afterMs;
  }
}

/**
 * The promise's outcome, or a `DeadlineError` after `ms`. What was asked for may go on: drivers have limits of their own,
 * this one is for who waits.
 */
export function withDeadline<Value>(promise: Promise<Value>, ms: number): Promise<Value> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DeadlineError(ms)), ms);
  return Promise.race([promise, expired]).finally(() => clearTimeout(timer));
}
