import { setTimeout as delay } from "node:timers/promises";
import type { Runtime } from "../types.ts";

/** The machine's own clock and chance. `sleep` ends early, with the signal's reason, when it is aborted. */
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
