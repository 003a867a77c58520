import { expect, test } from "vitest";
import type { ProbeResult } from "../types.ts";
import { runGate } from "./run-gate.ts";

const answer = (status: "pass" | "fail", revision = "api-2"): ProbeResult => ({
  kind: "report",
  report: { status, format: "draft", httpStatus: 200, revision, checks: [], warnings: [], timing: { totalMs: 1 } },
});

/** A clock that only sleeping moves. */
const createClock = () => {
  let time = 0;
  return {
    now: () => time,
    sleep: async (ms: number) => {
      time += ms;
    },
  };
};

const gate = { expectedRevision: "api-2", passes: 3, timeoutMs: 30_000 };

test("waits for the new revision to take over, then for its passes", async () => {
  const answers = [answer("pass", "api-1"), answer("fail"), answer("pass"), answer("pass"), answer("pass")];
  const seen: boolean[] = [];
  const result = await runGate({
    ...gate,
    ...createClock(),
    probe: async () => answers.shift() ?? answer("fail"),
    onProbe: (_result, { passed }) => seen.push(passed),
  });
  expect(result).toMatchObject({ outcome: "passed", probes: 5, tookMs: 4_000, report: { revision: "api-2" } });
  expect(seen).toEqual([false, false, false, false, true]);
});

test("fails at its deadline and says why the last answer was refused", async () => {
  const result = await runGate({ ...gate, ...createClock(), probe: async () => answer("pass", "api-1") });
  expect(result).toMatchObject({
    outcome: "failed",
    cause: "timeout",
    probes: 30,
    tookMs: 30_000,
    verdict: { reason: "wrong-revision", detail: "api-1" },
  });
});

test("ends at once when aborted, even while a probe ignores its signal", async () => {
  const controller = new AbortController();
  const running = runGate({ ...gate, probe: () => new Promise(() => undefined), signal: controller.signal });
  controller.abort();
  expect(await running).toMatchObject({ outcome: "failed", cause: "aborted", probes: 0 });
});

test("ends at its deadline while a probe hangs", async () => {
  const result = await runGate({ ...gate, timeoutMs: 20, probe: () => new Promise(() => undefined) });
  expect(result).toMatchObject({ outcome: "failed", cause: "timeout", probes: 0 });
});

test("does not swallow a mistake in the probe", async () => {
  await expect(runGate({ ...gate, probe: () => Promise.reject(new TypeError("bug")) })).rejects.toThrow("bug");
});

test("aborts the pause between two probes", async () => {
  const controller = new AbortController();
  const result = await runGate({
    ...gate,
    intervalMs: 60_000,
    probe: async () => answer("pass"),
    onProbe: () => queueMicrotask(() => controller.abort()),
    signal: controller.signal,
  });
  expect(result).toMatchObject({ outcome: "failed", cause: "aborted", probes: 1 });
});
