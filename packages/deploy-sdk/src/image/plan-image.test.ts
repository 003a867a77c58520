import { expect, test } from "vitest";
import { planImage } from "./plan-image.ts";

const unit = {
  kind: "image",
  name: "backend",
  project: "apps/backend",
  after: [],
  build: "node",
  entry: "src/main.ts",
  repository: "host.dev/p/r/api",
} as const;
const reference = `host.dev/p/r/api@sha256:${"b".repeat(64)}`;

test("builds an image whose inputs the registry does not know", () => {
  const plan = planImage(unit, { inputs: "c".repeat(64), reference: undefined }, [
    unit.repository,
    "host.dev/p/r/other",
  ]);
  expect(plan).toMatchObject({ noop: false, changes: [{ kind: "create", resource: "image backend" }] });
  expect(plan.steps).toEqual({ action: "build", unit, inputs: "c".repeat(64), siblings: ["host.dev/p/r/other"] });
});

test("keeps an image that was built from these inputs", () => {
  const plan = planImage(unit, { inputs: "c".repeat(64), reference }, []);
  expect(plan).toMatchObject({ noop: true, changes: [{ kind: "keep" }], steps: { action: "keep", reference } });
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
});
