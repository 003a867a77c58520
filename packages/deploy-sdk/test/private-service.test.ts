// A service that is not public is asked with a token, which Cloud Run takes for the service's own address alone.
import type { Stack } from "@slipway/config";
import { expect, test } from "vitest";
import type { Target } from "../src/target.ts";
import { memoryTarget } from "./support/memory-target.ts";
import { outcomes, releaseTo } from "./support/releases.ts";
import { shopStack } from "./support/stacks.ts";

const privateStack = (version: string): Stack => {
  const stack = shopStack(version);
  return { ...stack, units: stack.units.map((unit) => (unit.kind === "service" ? { ...unit, public: false } : unit)) };
};

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
  expect(asked).toEqual([url, url]);
});
