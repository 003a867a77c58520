// Rows of https://docs.cloud.google.com/run/docs/configuring/services/cpu and its pages for jobs and worker pools.
import { expect, test } from "vitest";
import { stackIssues } from "./define-stack.ts";
import type { WrittenStack } from "./written.ts";

type Limits = {
  readonly cpu?: number;
  readonly memory?: string;
  readonly concurrency?: number;
  readonly timeout?: string;
};

const of = (group: "services" | "jobs" | "workers", limits: Limits, more: object = {}): WrittenStack => ({
  name: "shop",
  region: "europe-west1",
  environments: { local: { project: "shop-local" } },
  images: { backend: { build: "node", project: "apps/shop", entry: "src/main.ts" } },
  [group]: { unit: { project: "apps/shop", image: "backend", ...limits, ...more } },
});
const issues = (stack: WrittenStack): readonly string[] =>
  stackIssues(stack).map(({ path, message }) => `${path}: ${message}`);

test.each<[Limits]>([
  [{}],
  [{ cpu: 0.08, memory: "128Mi", concurrency: 1 }],
  [{ cpu: 0.5, memory: "1Gi", concurrency: 1 }],
  [{ cpu: 1, memory: "4Gi" }],
  [{ cpu: 2, memory: "8Gi" }],
  [{ cpu: 4, memory: "2Gi" }],
  [{ cpu: 6, memory: "24Gi" }],
  [{ cpu: 8, memory: "32Gi", concurrency: 1000, timeout: "60m" }],
])("a service may have %j", (limits) => {
  expect(issues(of("services", limits))).toEqual([]);
});

test.each<[Limits, readonly string[]]>([
  [
    { cpu: 0.25, memory: "1Gi" },
    [
      "services.unit.memory: 1Gi does not go with 0.25 CPU, which takes 128Mi to 512Mi; set cpu to 1",
      "services.unit.concurrency: its default of 80 does not go with 0.25 CPU; set it to 1, or cpu to 1",
    ],
  ],
  [{ cpu: 3 }, ["services.unit.cpu: 3 is not offered, only 1, 2, 4, 6, 8 or less than 1; set it to 4"]],
  [{ memory: "8Gi" }, ["services.unit.memory: 8Gi does not go with 1 CPU, which takes 128Mi to 4Gi; set cpu to 2"]],
  [
    { cpu: 4 },
    ["services.unit.memory: its default of 512Mi does not go with 4 CPU, which takes 2Gi to 16Gi; set it to 2Gi"],
  ],
  [
    { cpu: 8, memory: "64Gi" },
    ["services.unit.memory: 64Gi does not go with 8 CPU, which takes 4Gi to 32Gi; set it to 32Gi"],
  ],
  [{ timeout: "61m" }, ["services.unit.timeout: 61m is too long: a request may take 60m at most"]],
])("a service with %j is refused, with every fix at once", (limits, expected) => {
  expect(issues(of("services", limits))).toEqual(expected);
});

test.each(["jobs", "workers"] as const)(
  "%s have a CPU of their own, and the second generation's least memory",
  (group) => {
    expect(issues(of(group, { cpu: 0.5, memory: "256Mi" }))).toEqual([
      `${group}.unit.cpu: 0.5 is for services only: what runs all the time needs 1 or more`,
      `${group}.unit.memory: 256Mi does not go with 0.5 CPU, which takes 512Mi to 1Gi; set it to 512Mi`,
    ]);
    expect(issues(of(group, { cpu: 1, memory: "512Mi" }))).toEqual([]);
  },
);

test("a worker that is a service has its CPU between requests too", () => {
  expect(issues(of("workers", { cpu: 0.5, memory: "256Mi" }, { as: "service" }))).toEqual([
    "workers.unit.cpu: 0.5 is for services only: what runs all the time needs 1 or more",
  ]);
});

test.each([
  [{ cpu: 1, memoryMb: 3840 }, []],
  [{ cpu: 2, memoryMb: 7680 }, []],
  [{ cpu: 3, memoryMb: 7680 }, ["database.cpu: 3 is not offered: it is 1, or an even number; set it to 4"]],
  [
    { cpu: 1, memoryMb: 7680 },
    [
      "database.memoryMb: 7680 does not go with 1 CPU, which takes 3840 to 6656 in steps of 256; set it to 6656, or more cpu",
    ],
  ],
  [
    { cpu: 2, memoryMb: 4000 },
    ["database.memoryMb: 4000 does not go with 2 CPU, which takes 3840 to 13312 in steps of 256; set it to 4096"],
  ],
])("a database with %j is checked like Cloud SQL does", (size, expected) => {
  expect(issues({ ...of("services", {}), database: { version: "POSTGRES_15", ...size } })).toEqual(expected);
});
