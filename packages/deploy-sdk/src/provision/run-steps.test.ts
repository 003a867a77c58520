import { expect, test } from "vitest";
import { DeployError } from "../deploy-error.ts";
import type { Step } from "./provision-types.ts";
import { runSteps } from "./run-steps.ts";

const step = (id: string, after: readonly string[] = []): Step => ({
  id,
  after,
  change: { kind: "create", resource: id, details: [] },
  action: { do: "create-secret", name: id },
});
const failure = new DeployError("permission-denied", { subject: "b", message: "no" });

async function runAll(
  steps: readonly Step[],
  perform: (step: Step, made: ReadonlySet<string>) => Promise<unknown>,
  signal = new AbortController().signal,
) {
  const finished: string[] = [];
  const outcome = await runSteps({
    steps,
    perform: async (step, made) => (await perform(step, made)) !== false,
    finished: ({ id }) => finished.push(id),
    signal,
  });
  return { ...outcome, finished };
}

test("waits for what comes before, in whatever order the steps are given", async () => {
  const order: string[] = [];
  const { done, failures } = await runAll(
    [step("c", ["b"]), step("b", ["a", "was there before"]), step("a")],
    async ({ id }) => {
      order.push(id);
    },
  );
  expect(order).toEqual(["a", "b", "c"]);
  expect(done).toEqual(["a", "b", "c"]);
  expect(failures).toEqual([]);
});

test("does at once what does not depend on each other", async () => {
  const both = Promise.withResolvers<void>();
  let started = 0;
  const { done } = await runAll([step("a"), step("b")], async () => {
    started += 1;
    if (started === 2) both.resolve();
    await both.promise;
  });
  expect(done).toHaveLength(2);
});

test("leaves out what depends on a failure, and does the rest", async () => {
  const { done, failures, skipped, finished } = await runAll(
    [step("a"), step("b"), step("c", ["b"]), step("d", ["c"]), step("e", ["a"])],
    async ({ id }) => {
      if (id === "b") throw failure;
    },
  );
  expect(done.toSorted()).toEqual(["a", "e"]);
  expect(finished.toSorted()).toEqual(["a", "e"]);
  expect(failures).toEqual([{ resource: "b", error: failure }]);
  expect(skipped).toEqual([
    { resource: "c", because: "b failed" },
    { resource: "d", because: "c failed" },
  ]);
});

test("does not take a bug or an interruption for a step that failed", async () => {
  await expect(
    runAll([step("a")], async () => {
      throw new TypeError("bug");
    }),
  ).rejects.toThrow("bug");
  const controller = new AbortController();
  const done: string[] = [];
  const interrupted = runAll(
    [step("a"), step("b", ["a"])],
    async ({ id }) => {
      done.push(id);
      controller.abort(new Error("stop"));
    },
    controller.signal,
  );
  await expect(interrupted).rejects.toThrow("stop");
  expect(done).toEqual(["a"]);
});
