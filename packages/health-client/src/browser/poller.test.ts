import { expect, test } from "vitest";
import type { ProbeResult } from "../types.ts";
import { type PageSignal, type PollerEvent, startPolling } from "./poller.ts";

const passing: ProbeResult = {
  kind: "report",
  report: { status: "pass", format: "draft", httpStatus: 200, checks: [], warnings: [], timing: { totalMs: 1 } },
};
const offline: ProbeResult = { kind: "error", error: "offline", totalMs: 1 };

/** A page, a clock and a service in the hands of the test. */
const createWorld = () => {
  const events: PollerEvent[] = [];
  const timers = new Map<() => void, number>();
  const answers: ((result: ProbeResult) => void)[] = [];
  let listener: (signal: PageSignal) => void = () => undefined;
  let time = 0;
  const world = { hidden: false, subscribed: true, probes: 0, signal: undefined as AbortSignal | undefined };
  const poller = startPolling({
    probe: (signal) => {
      world.probes++;
      world.signal = signal;
      return new Promise((resolve) => answers.push(resolve));
    },
    onEvent: (event) => events.push(event),
    environment: {
      now: () => time,
      random: () => 0.5,
      setTimer: (callback, ms) => {
        timers.set(callback, time + ms);
        return () => timers.delete(callback);
      },
      isHidden: () => world.hidden,
      subscribe: (next) => {
        listener = next;
        return () => {
          world.subscribed = false;
        };
      },
    },
  });
  return {
    world,
    poller,
    events,
    emit: (signal: PageSignal) => {
      if (signal === "hidden" || signal === "visible") world.hidden = signal === "hidden";
      listener(signal);
    },
    answer: async (result: ProbeResult = passing) => {
      answers.shift()?.(result);
      await Promise.resolve();
      await Promise.resolve();
    },
    advance: (ms: number) => {
      time += ms;
      for (const [callback, at] of [...timers]) if (at <= time && timers.delete(callback)) callback();
    },
  };
};

test("probes at once, then again when its time has come", async () => {
  const { world, events, answer, advance } = createWorld();
  await answer();
  expect(events).toEqual([
    { type: "probing", at: 0 },
    { type: "result", at: 0, result: passing, intervalMs: 15_000, nextAt: 15_000 },
  ]);
  advance(14_999);
  expect(world.probes).toBe(1);
  advance(1);
  expect(world.probes).toBe(2);
});

test("keeps to one probe at a time", async () => {
  const { world, poller } = createWorld();
  poller.pollNow();
  poller.pollNow();
  expect(world.probes).toBe(1);
});

test("a poll by hand takes the place of the planned one", async () => {
  const { world, poller, answer, advance } = createWorld();
  await answer();
  advance(5_000);
  poller.pollNow();
  await answer();
  advance(10_000);
  expect(world.probes).toBe(2);
  advance(5_000);
  expect(world.probes).toBe(3);
});

test("rests while the tab is hidden and probes at once on return", async () => {
  const { world, events, answer, advance, emit } = createWorld();
  await answer();
  emit("hidden");
  expect(events.at(-1)).toEqual({ type: "paused", at: 0 });
  advance(600_000);
  expect(world.probes).toBe(1);
  emit("visible");
  expect(world.probes).toBe(2);
});

test("an answer that comes while hidden plans nothing", async () => {
  const { world, events, answer, advance, emit } = createWorld();
  emit("hidden");
  await answer();
  expect(events.at(-1)).not.toHaveProperty("nextAt");
  advance(600_000);
  expect(world.probes).toBe(1);
});

test("waits for the network when offline", async () => {
  const { world, events, answer, advance, emit } = createWorld();
  await answer(offline);
  expect(events.at(-1)).not.toHaveProperty("nextAt");
  advance(600_000);
  expect(world.probes).toBe(1);
  emit("online");
  expect(world.probes).toBe(2);
});

test("probes again when the network came back during a probe", async () => {
  const { world, answer, emit } = createWorld();
  emit("online");
  expect(world.probes).toBe(1);
  await answer(offline);
  expect(world.probes).toBe(2);
});

test("stops for good: aborts, plans nothing and says nothing more", async () => {
  const { world, events, poller, answer, advance } = createWorld();
  poller.stop();
  await answer();
  poller.pollNow();
  advance(600_000);
  expect(world).toMatchObject({ probes: 1, subscribed: false, signal: { aborted: true } });
  expect(events).toHaveLength(1);
});
