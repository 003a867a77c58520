import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runPhases, type Task } from "./run-phases.ts";

const { signal } = new AbortController();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("runPhases", () => {
  it("never holds more than its limits, and finishes a phase before the next", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 8 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        async (sizes, concurrency) => {
          const seen: number[] = [];
          let held = 0;
          let running = 0;
          const task = (phase: number, holdsBytes: number): Task => ({
            holdsBytes,
            run: async () => {
              held += Math.min(10, holdsBytes);
              running += 1;
              expect(held).toBeLessThanOrEqual(10);
              expect(running).toBeLessThanOrEqual(concurrency);
              await turn();
              held -= Math.min(10, holdsBytes);
              running -= 1;
              seen.push(phase);
            },
          });
          const phases = sizes.map((phase, index) => phase.map((size) => task(index, size)));
          await runPhases(phases, { concurrency, bytesInFlight: 10 }, signal);
          expect(seen).toEqual(sizes.flatMap((phase, index) => phase.map(() => index)));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("ends what runs and starts nothing of a later phase when a task fails", async () => {
    const started: string[] = [];
    const task = (name: string, run: (own: AbortSignal) => Promise<void>): Task => ({
      holdsBytes: 0,
      run: (own) => {
        started.push(name);
        return run(own);
      },
    });
    const waits = (own: AbortSignal): Promise<void> =>
      new Promise((_, reject) => own.addEventListener("abort", () => reject(own.reason)));
    const phases = [
      [task("waits", waits), task("fails", () => Promise.reject(new Error("broken")))],
      [task("later", async () => {})],
    ];
    await expect(runPhases(phases, { concurrency: 2, bytesInFlight: 1 }, signal)).rejects.toThrow("broken");
    expect(started).toEqual(["waits", "fails"]);
  });

  it("ends with the caller's reason when the caller aborts", async () => {
    const controller = new AbortController();
    const waits: Task = {
      holdsBytes: 0,
      run: (own) => new Promise((_, reject) => own.addEventListener("abort", () => reject(own.reason))),
    };
    const running = runPhases([[waits]], { concurrency: 1, bytesInFlight: 1 }, controller.signal);
    controller.abort(new Error("interrupted"));
    await expect(running).rejects.toThrow("interrupted");
  });
});
