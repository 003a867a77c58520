import type { Runtime } from "../../src/types.ts";

/** Real time, no chance, and waits that are written down instead of waited for. */
export function testRuntime(): Runtime & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  return {
    now: () => new Date(),
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      waits.push(ms);
    },
    waits,
  };
}
