// A service's own domain that leads nowhere: here, to a port of this machine at which nobody listens.
import { expect, test } from "vitest";
import { listRecords, newestReleased, readRecord, writeRecord } from "../src/engine/records.ts";
import { type MemoryTarget, memoryTarget } from "./support/memory-target.ts";
import { outcomes, recordEvents, releaseTo } from "./support/releases.ts";
import { shopStack } from "./support/stacks.ts";

const domain = "api.shop.localhost";
const stackWithDomain = (version: string) => {
  const stack = shopStack(version);
  return { ...stack, units: stack.units.map((unit) => (unit.kind === "service" ? { ...unit, domain } : unit)) };
};
const call = { signal: new AbortController().signal, subject: "a test" };
const serving = async (target: MemoryTarget) => (await target.services.get("shop-api", call))?.serving;

/** As if the release that serves had been verified at the domain. */
async function verifiedAtDomain(target: MemoryTarget): Promise<void> {
  const newest = newestReleased(await listRecords(target.state, "api", call));
  const entry = await readRecord(target.state, newest?.object ?? "", call);
  if (entry.status !== "released") throw new Error("nothing was released");
  await writeRecord(target.state, { ...entry, outcome: { ...entry.outcome, url: `https://${domain}` } }, call);
}

test("is a warning while it has never led to the service, and the release stands", async () => {
  const target = await memoryTarget();
  const { events, emit } = recordEvents();
  const report = await releaseTo(target, stackWithDomain("1"), { emit });
  expect(report.exitCode).toBe(0);
  expect(events.filter(({ type }) => type === "warning")).toEqual([
    {
      type: "warning",
      unit: "api",
      message: expect.stringMatching(
        /^api\.shop\.localhost does not lead here: nobody answers there .* is well at http/,
      ),
      hint: expect.stringContaining("docs/setup.md"),
    },
  ]);
});

test("of a private service is not asked at all: whoever has it would be given a token for the service", async () => {
  const stack = stackWithDomain("1");
  const units = stack.units.map((unit) => (unit.kind === "service" ? { ...unit, public: false } : unit));
  const { events, emit } = recordEvents();
  const report = await releaseTo(await memoryTarget(), { ...stack, units }, { emit });
  expect(report.exitCode).toBe(0);
  expect(events.filter(({ type }) => type === "warning")).toEqual([]);
});

test("is a failure once it has led there, and the new revision keeps the traffic", async () => {
  const target = await memoryTarget();
  await releaseTo(target, stackWithDomain("1"));
  await verifiedAtDomain(target);
  const report = await releaseTo(target, stackWithDomain("2"), { units: ["api"] });
  const [result] = report.results;
  expect([outcomes(report), report.exitCode]).toEqual([["api: failed"], 4]);
  expect(result).toMatchObject({ rolledBack: false, error: { code: "unhealthy" } });
  const newest = (await target.services.revisions("shop-api", call))[0]?.name;
  expect(await serving(target)).toMatchObject([{ revision: newest, percent: 100 }]);
  const again = await releaseTo(target, stackWithDomain("2"), { units: ["api"] });
  expect([outcomes(again), again.exitCode]).toEqual([["api: failed"], 4]);
});

test("does not hide that the service itself is not well", async () => {
  const target = await memoryTarget();
  await releaseTo(target, stackWithDomain("1"));
  const before = await serving(target);
  target.behave("2", "unhealthy");
  const report = await releaseTo(target, stackWithDomain("2"), { units: ["api"] });
  expect(report.results[0]).toMatchObject({
    rolledBack: true,
    error: { message: expect.stringContaining("candidate") },
  });
  expect(await serving(target)).toEqual(before);
});
