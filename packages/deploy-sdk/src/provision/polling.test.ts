import { expect, test } from "vitest";
import { DeployError } from "../deploy-error.ts";
import type { Runtime } from "../types.ts";
import { pollUntil, retryWhile } from "./polling.ts";
import { type Rest, waitForOperation } from "./rest.ts";

/** Time that passes only while somebody sleeps. */
function clock() {
  let nowMs = 0;
  const runtime: Runtime = {
    now: () => new Date(nowMs),
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      nowMs += ms;
    },
  };
  return { runtime, elapsedMs: () => nowMs };
}
const { signal } = new AbortController();
const call = { signal, subject: "database" };
const minutes = 60_000;

test("asks often at first and seldom later, and tells of a long wait", async () => {
  const { runtime, elapsedMs } = clock();
  const told: number[] = [];
  let asked = 0;
  const ready = async (): Promise<boolean> => {
    asked += 1;
    return elapsedMs() > 2 * minutes;
  };
  await pollUntil(ready, { deadlineMs: 10 * minutes, waiting: (ms) => told.push(ms) }, runtime, call);
  expect(asked).toBeLessThan(100);
  expect(told.length).toBeGreaterThanOrEqual(6);
  expect(told.length).toBeLessThanOrEqual(8);
  expect(elapsedMs()).toBeLessThan(2 * minutes + 5001);
});

test("gives up at the deadline, and at once when it is interrupted", async () => {
  const { runtime } = clock();
  const never = async (): Promise<boolean> => false;
  await expect(pollUntil(never, { deadlineMs: minutes }, runtime, call)).rejects.toMatchObject({
    code: "timeout",
    retryable: true,
  });
  const aborted = { ...call, signal: AbortSignal.abort(new Error("stop")) };
  await expect(pollUntil(never, { deadlineMs: minutes }, runtime, aborted)).rejects.toThrow("stop");
});

test("tries again what passes by itself, and only that, and not for ever", async () => {
  const { runtime, elapsedMs } = clock();
  const busy = new DeployError("conflict", { subject: "database", message: "busy" });
  const isBusy = ({ code }: DeployError): boolean => code === "conflict";
  let attempts = 0;
  const third = async (): Promise<string> => {
    attempts += 1;
    if (attempts < 3) throw busy;
    return "done";
  };
  expect(await retryWhile(isBusy, third, minutes, runtime, call)).toBe("done");
  const refused = new DeployError("permission-denied", { subject: "database", message: "no" });
  await expect(retryWhile(isBusy, () => Promise.reject(refused), minutes, runtime, call)).rejects.toBe(refused);
  await expect(retryWhile(isBusy, () => Promise.reject(busy), minutes, runtime, call)).rejects.toBe(busy);
  expect(elapsedMs()).toBeLessThan(2 * minutes);
});

const answering = (...answers: readonly unknown[]): Rest => {
  let next = 0;
  const refuse = (): Promise<never> => Promise.reject(new Error("nothing is written here"));
  return { get: async () => answers[next++], post: refuse, patch: refuse };
};
const wait = { api: "sqladmin", pathOf: (name: string) => `/operations/${name}`, deadlineMs: minutes } as const;

test.each([
  ["Google's usual form", { name: "o", done: false }, { name: "o", done: true }],
  ["Cloud SQL's form", { name: "o", status: "PENDING" }, { name: "o", status: "DONE" }],
  ["one that is forgotten", { name: "o", done: false }, undefined],
])("sees an operation through: %s", async (_form, started, ended) => {
  const { runtime } = clock();
  await waitForOperation(started, wait, { rest: answering(started, ended), runtime }, call);
});

test("says why an operation failed", async () => {
  const { runtime } = clock();
  const failure = { name: "o", status: "DONE", error: { errors: [{ code: "QUOTA", message: "no more instances" }] } };
  await expect(waitForOperation(failure, wait, { rest: answering(), runtime }, call)).rejects.toMatchObject({
    code: "remote-failed",
    message: "no more instances",
  });
});
