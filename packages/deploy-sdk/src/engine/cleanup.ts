/** For what must still be done after an interruption: it has a deadline of its own, short enough for a CI runner. */
export const cleanupSignal = (): AbortSignal => AbortSignal.timeout(cleanupMs);
const cleanupMs = 10_000;
