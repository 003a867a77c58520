import { expect, test } from "vitest";
import { type Component, observeComponent, ProbeFailure } from "./component.ts";

const component = (probe: Component["probe"], critical = false): Component => ({
  id: "thing",
  type: "component",
  critical,
  configuredBy: "THING_URL",
  probe,
  timeoutMs: 50,
  ttlMs: { pass: 1000, fail: 100 },
});

/** A clock that moves when told. */
const createClock = () => {
  let ms = 0;
  return {
    now: () => new Date(Date.UTC(2026, 0, 1) + ms),
    monotonicMs: () => ms,
    advance: (by: number) => {
      ms += by;
    },
  };
};
const ignore = () => {};

test("who asks at once gets one answer, and who asks within its time gets it again", async () => {
  const clock = createClock();
  let probes = 0;
  const observe = observeComponent(
    component(async () => {
      probes += 1;
      clock.advance(12.34);
    }),
    clock,
    ignore,
  );
  const [first, second] = await Promise.all([observe(), observe()]);
  expect(second).toBe(first);
  expect(first).toMatchObject({
    status: "pass",
    latency_ms: 12.3,
    observedValue: 12.3,
    time: "2026-01-01T00:00:00.000Z",
  });
  clock.advance(999);
  expect(await observe()).toBe(first);
  expect(probes).toBe(1);
  clock.advance(1);
  expect(await observe()).not.toBe(first);
  expect(probes).toBe(2);
});

test("a failure is asked about again sooner, and each outcome is told to who listens", async () => {
  const clock = createClock();
  const outcomes: unknown[] = [];
  const error = Object.assign(new Error("10.0.0.5"), { code: "ECONNREFUSED" });
  let broken = true;
  const observe = observeComponent(
    component(async () => {
      if (broken) throw error;
    }),
    clock,
    (_component, reason) => outcomes.push(reason),
  );
  expect(await observe()).toMatchObject({ status: "fail", output: "unreachable (ECONNREFUSED)" });
  broken = false;
  clock.advance(100);
  expect(await observe()).toMatchObject({ status: "pass" });
  expect(outcomes).toEqual([error, undefined]);
});

test("a probe that does not end fails at its deadline", async () => {
  const observe = observeComponent(
    component(() => new Promise(() => {})),
    createClock(),
    ignore,
  );
  expect(await observe()).toMatchObject({ status: "fail", output: "no answer within 50 ms" });
});

test("a probe's own words are shown, a driver's are not", async () => {
  const said = (error: Error) =>
    observeComponent(
      component(() => Promise.reject(error)),
      createClock(),
      ignore,
    )().then(({ output }) => output);
  expect(await said(new ProbeFailure("no worker took the task in time"))).toBe("no worker took the task in time");
  expect(await said(new Error("password authentication failed for user appuser"))).toBe("no usable answer");
});

test.for([
  [true, "fail"],
  [false, "warn"],
] as const)("what is not configured and critical: %s is called %s", async ([critical, status]) => {
  const check = await observeComponent(component(undefined, critical), createClock(), ignore)();
  expect(check).toMatchObject({ status, critical, output: "not configured: THING_URL is not set" });
});
