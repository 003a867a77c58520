// A service that is not public is asked with a token, which Cloud Run takes for the service's own address alone.
import type { Stack } from "@slipway/config";
import { expect, test } from "vitest";
import type { Target } from "../src/target.ts";
import { memoryTarget } from "./support/memory-target.ts";
import { outcomes, recordEvents, releaseTo } from "./support/releases.ts";
import { shopStack } from "./support/stacks.ts";

const privateStack = (version: string, required = false): Stack => {
  const stack = shopStack(version);
  const gate = { ...stack.environment.gate, required };
  const units = stack.units.map((unit) => (unit.kind === "service" ? { ...unit, public: false } : unit));
  return { ...stack, environment: { ...stack.environment, gate }, units };
};

const failureOf = ({ results: [result] }: Awaited<ReturnType<typeof releaseTo>>) => {
  if (result?.status !== "failed") throw new Error(`it did not fail: ${result?.status}`);
  return result.error;
};
const nameless = { missing: "nobody knows them", hint: "grant them a name" };

test("a private service is asked under its tag with a token for its own address", async () => {
  const memory = await memoryTarget();
  await releaseTo(memory, privateStack("1"));
  const asked: string[] = [];
  const target: Target = {
    ...memory,
    callerHeaders: (serviceUrl) => {
      asked.push(serviceUrl);
      return memory.callerHeaders(serviceUrl);
    },
  };
  const report = await releaseTo(target, privateStack("2"), { units: ["api"] });
  expect(outcomes(report)).toEqual(["api: released"]);
  const call = { signal: new AbortController().signal, subject: "shop-api" };
  const url = (await memory.services.get("shop-api", call))?.url;
  expect(new Set(asked)).toEqual(new Set([url]));
});

test("where its gate is required, a caller who cannot ask changes nothing and is told what to grant", async () => {
  const memory = await memoryTarget();
  await releaseTo(memory, privateStack("1"));
  const target: Target = { ...memory, callerHeaders: async () => nameless };
  const before = memory.writes.filter((write) => write.startsWith("services.")).length;
  const report = await releaseTo(target, privateStack("2", true), { units: ["api"] });
  expect(failureOf(report)).toMatchObject({
    code: "credentials-missing",
    message: expect.stringContaining("nobody knows them"),
    hint: "grant them a name",
    details: [expect.stringContaining("gate: { required: false }")],
  });
  expect(memory.writes.filter((write) => write.startsWith("services."))).toHaveLength(before);
});

test("where it is not, the revision gets the traffic with one loud warning", async () => {
  const memory = await memoryTarget();
  await releaseTo(memory, privateStack("1"));
  const target: Target = { ...memory, callerHeaders: async () => nameless };
  const { events, emit } = recordEvents();
  const report = await releaseTo(target, privateStack("2"), { units: ["api"], emit });
  expect(outcomes(report)).toEqual(["api: released"]);
  expect(events.filter(({ type }) => type === "warning")).toMatchObject([
    { message: expect.stringMatching(/without having been asked how it is: nobody knows them/), hint: nameless.hint },
  ]);
});

test("a caller whom the service turns away is told of the role, and nothing gets traffic", async () => {
  const memory = await memoryTarget();
  await releaseTo(memory, privateStack("1"));
  memory.behave("2", "forbidden");
  const report = await releaseTo(memory, privateStack("2"), { units: ["api"] });
  expect(failureOf(report)).toMatchObject({
    code: "permission-denied",
    message: expect.stringContaining("HTTP 403"),
    hint: expect.stringContaining("roles/run.invoker"),
    rolledBack: true,
  });
});
