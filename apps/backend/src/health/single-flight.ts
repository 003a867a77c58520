/**
 * A value that many ask for and one produces: who asks while it is being produced waits for the same one, and who asks
 * within its time to live gets it again. `produce` must not reject.
 * @param ttlMs how long a value is good for, counted from when it was there.
 * @param now a monotonic clock in milliseconds.
 */
export function singleFlight<Value>(
  produce: () => Promise<Value>,
  ttlMs: (value: Value) => number,
  now: () => number,
): () => Promise<Value> {
  let flight: Promise<Value> | undefined;
  let goodUntil = Number.POSITIVE_INFINITY;
  return () => {
    if (flight && now() < goodUntil) return flight;
    goodUntil = Number.POSITIVE_INFINITY;
    flight = produce().then((value) => {
      goodUntil = now() + ttlMs(value);
      return value;
    });
    return flight;
  };
}
