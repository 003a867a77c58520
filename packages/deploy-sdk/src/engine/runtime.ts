import { setTimeout as delay } from "node:timers/promises";
import type { Runtime } from "../types.ts";

/**
 * The machine's own clock and chance. Not the even clock of the process: that one stands still while a laptop sleeps, and
 * whoever wakes must see that the lease of its lock is over. `sleep` ends early, with the signal's reason, when it is aborted.
 */
export const systemRuntime: Runtime = {
  now: () => new Date(),
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
