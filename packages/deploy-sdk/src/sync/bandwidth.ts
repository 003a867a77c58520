import type { Throttle } from "../google/object-store.ts";
import type { Runtime } from "../types.ts";

/** Lets through at most `bytesPerSecond` over all uploads together, in the order they ask; no burst is saved up. */
export function createThrottle(bytesPerSecond: number, { now, sleep }: Pick<Runtime, "now" | "sleep">): Throttle {
  let freeAt = 0;
  return async (bytes, signal) => {
    const at = now().getTime();
    const startsAt = Math.max(at, freeAt);
    freeAt = startsAt + (1000 * bytes) / bytesPerSecond;
    if (startsAt > at) await sleep(startsAt - at, signal);
  };
}
