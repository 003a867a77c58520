import { expect, test } from "vitest";
import type { ServiceSpec } from "../target.ts";
import { sameSpec, shortImage, specChanges } from "./compare-specs.ts";

const digest = (character: string): string => `eu-docker.pkg.dev/p/r/api@sha256:${character.repeat(64)}`;
const spec: ServiceSpec = {
  container: {
    image: digest("a"),
    command: [],
    args: ["api"],
    env: { PLAIN: "1", COMMIT: "abc" },
    secrets: { DATABASE_URL: { secret: "DATABASE_URL", version: "3" } },
    cpu: 1,
    memoryMb: 512,
    cloudSql: [],
    serviceAccount: "runtime@p",
  },
  concurrency: 40,
  timeoutS: 300,
  min: 1,
  max: 4,
  cpuAlways: false,
  startup: { path: "/api/live", periodS: 1, timeoutS: 1, failures: 60 },
  liveness: undefined,
};
const changed = (container: Partial<ServiceSpec["container"]>, rest: Partial<ServiceSpec> = {}): ServiceSpec => ({
  ...spec,
  ...rest,
  container: { ...spec.container, ...container },
});

test("the same is the same, in whatever order it is written", () => {
  const reordered = changed({ env: { COMMIT: "abc", PLAIN: "1" } });
  expect(sameSpec(spec, reordered, [])).toBe(true);
});

test.each<readonly [string, ServiceSpec, readonly string[]]>([
  ["an image", changed({ image: digest("b") }), [`image: sha256:${"a".repeat(12)} → sha256:${"b".repeat(12)}`]],
  ["an image that is still to be built", changed({ image: "" }), [`image: sha256:${"a".repeat(12)} → (to be built)`]],
  [
    "a secret's version",
    changed({ secrets: { DATABASE_URL: { secret: "DATABASE_URL", version: "4" } } }),
    ["secrets.DATABASE_URL: 3 → 4"],
  ],
  ["arguments", changed({ args: ["worker"] }), ['args: ["api"] → ["worker"]']],
  ["scaling", changed({}, { max: 8 }), ["max: 4 → 8"]],
  [
    "a probe that is gone",
    changed({}, { startup: undefined }),
    [
      "startup.path: /api/live → none",
      "startup.periodS: 1 → none",
      "startup.timeoutS: 1 → none",
      "startup.failures: 60 → none",
    ],
  ],
  [
    "variables, without their values",
    changed({ env: { PLAIN: "a secret by mistake", COMMIT: "abc", NEW: "x" } }),
    ["env.PLAIN: changed", "env.NEW: added"],
  ],
  ["a variable that is gone", changed({ env: { COMMIT: "abc" } }), ["env.PLAIN: removed"]],
])("tells of %s", (_what, wanted, changes) => {
  expect(specChanges(spec, wanted, [])).toEqual(changes);
});

test("a variable that differs with every release is no difference, unless it appears or disappears", () => {
  expect(sameSpec(spec, changed({ env: { PLAIN: "1", COMMIT: "def" } }), ["COMMIT"])).toBe(true);
  expect(sameSpec(spec, changed({ env: { PLAIN: "1" } }), ["COMMIT"])).toBe(false);
  expect(sameSpec(spec, changed({ env: { PLAIN: "2", COMMIT: "def" } }), ["COMMIT"])).toBe(false);
});

test("an image without a digest is shown whole", () => {
  expect(shortImage("eu-docker.pkg.dev/p/r/api:latest")).toBe("eu-docker.pkg.dev/p/r/api:latest");
});
