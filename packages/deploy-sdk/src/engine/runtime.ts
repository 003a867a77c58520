import { setTimeout as delay } from "node:timers/promises";
import type { Runtime } from "../types.ts";

/**
 * The machine's own clock and chance. The clock is the one of the process's start, and goes on evenly: one that is set
 * meanwhile must not end a wait for what is well, nor make it an hour longer. `sleep` ends early, with the signal's reason,
 * when it is aborted.
 */
export const systemRuntime: Runtime = {
  now: () => new Date(performance.timeOrigin + performance.now()),
  random: () => Math.random(),
  sleep: async (ms, signal) => {
    signal.throwIfAborted();
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
