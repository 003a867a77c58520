import fc from "fast-check";
import { expect, test } from "vitest";
import { createFaults, matchesPattern } from "./faults.ts";

const call = { rpcs: ["x.get"], method: "GET", path: "/v1/x", principal: "a@b.c" };
const rule = { match: {}, skip: 0, times: 1 } as const;

test("a star stands for any text", () => {
  const part = fc.constantFrom("a", "b", "/", "*");
  const pattern = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(""));
  const text = fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 8 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(pattern, text, (written, given) => {
      const expected = new RegExp(`^${written.replaceAll("*", ".*")}$`).test(given);
      expect(matchesPattern(written, given)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

test("strikes what matches, after those let through, as often as asked", () => {
  const faults = createFaults();
  faults.add({ ...rule, match: { rpc: "x.get", path: "/v1/*" }, fault: { kind: "stall" }, skip: 1, times: 2 });
  expect(faults.takeHttp({ ...call, rpcs: ["x.list"] })).toEqual([]);
  const taken = Array.from({ length: 4 }, () => faults.takeHttp(call).map(({ kind }) => kind));
  expect(taken).toEqual([[], ["stall"], ["stall"], []]);
  expect(faults.list()).toMatchObject([{ consumed: 2 }]);
});

test("keeps the faults of services for services", () => {
  const faults = createFaults();
  faults.add({ ...rule, match: { subject: "api-*" }, fault: { kind: "slow-start", delayMs: 5 } });
  faults.add({ ...rule, match: { subject: "api-*" }, fault: { kind: "reset-before" } });
  expect(faults.takeHttp(call)).toEqual([]);
  expect(faults.takeService("kill-instance", "api-1")).toBeUndefined();
  expect(faults.takeService("slow-start", "worker")).toBeUndefined();
  expect(faults.takeService("slow-start", "api-1")).toMatchObject({ kind: "slow-start", delayMs: 5 });
  expect(faults.takeService("slow-start", "api-1")).toBeUndefined();
});
