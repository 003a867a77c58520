import { expect, test } from "vitest";
import { checkResources, type TemplateKind } from "./check-resources.ts";
import type { Container } from "./model.ts";

type Asked = { readonly cpu?: string; readonly memory?: string; readonly cpuIdle?: boolean };
type Environment = Parameters<typeof checkResources>[3];

const check = (kind: TemplateKind, { cpuIdle = true, ...limits }: Asked, template: Environment = {}): string => {
  const container: Container = { image: "x", resources: { limits, cpuIdle } };
  return checkResources(kind, container, "template.containers[0]", template)
    .map(({ description }) => description)
    .join("\n");
};

// https://cloud.google.com/run/docs/configuring/services/cpu ("CPU and memory table")
test.each([
  ["0.08", "128Mi", "512Mi"],
  ["0.5", "128Mi", "1Gi"],
  ["1", "128Mi", "4Gi"],
  ["2", "128Mi", "8Gi"],
  ["4", "2Gi", "16Gi"],
  ["6", "4Gi", "24Gi"],
  ["8", "4Gi", "32Gi"],
])("%s processors of a service go with memory from %s to %s", (cpu, low, high) => {
  const beyond = (memory: string, by: number): string =>
    `${Number.parseInt(memory, 10) * (memory.endsWith("Gi") ? 1024 : 1) + by}Mi`;
  for (const memory of [low, high]) expect(check("service", { cpu, memory })).toBe("");
  for (const memory of [beyond(low, -1), beyond(high, 1)])
    expect(check("service", { cpu, memory })).toContain(`memory must be between ${low} and ${high} inclusive.`);
});

test.each(["0.07", "1.5", "3", "5", "7", "9", "16", "0.0805", "two", "-1", ""])("there are no %j processors", (cpu) => {
  expect(check("service", { cpu, memory: "4Gi" })).toContain("Invalid value specified for cpu. It must be 1, 2, 4, 6");
});

test("the sentence is Cloud Run's own", () => {
  expect(check("service", { cpu: "1000m", memory: "8Gi" })).toBe(
    "template.containers[0].resources.limits.memory: Invalid value specified for memory. For 1.0 CPU, memory must be between 128Mi and 4Gi inclusive.",
  );
});

// https://cloud.google.com/run/docs/configuring/services/cpu: less than one processor
test.each([
  ["one request at once", {}, { maxInstanceRequestConcurrency: 2 }, "concurrency > 1"],
  ["billing by requests", { cpuIdle: false }, {}, "cpu always allocated"],
  ["the first generation", {}, { executionEnvironment: "EXECUTION_ENVIRONMENT_GEN2" }, "gen2 execution environment"],
])("less than one processor goes with %s only", (_, asked, template, why) => {
  const limits = { cpu: "500m", memory: "512Mi" };
  expect(check("service", limits, { maxInstanceRequestConcurrency: 1 })).toBe("");
  expect(check("service", { ...limits, ...asked }, { maxInstanceRequestConcurrency: 1, ...template })).toContain(why);
});

// https://cloud.google.com/run/docs/configuring/services/memory-limits#minimum and the same page of jobs and worker pools
test("the second generation, jobs and worker pools begin at 512 MiB and one processor", () => {
  const gen2 = { executionEnvironment: "EXECUTION_ENVIRONMENT_GEN2" };
  expect(check("service", { memory: "511Mi" }, gen2)).toContain("memory must be between 512Mi and 4Gi");
  for (const kind of ["job", "workerPool"] as const) {
    expect(check(kind, { memory: "512Mi" })).toBe("");
    expect(check(kind, { memory: "256Mi" })).toContain("memory must be between 512Mi and 4Gi");
    expect(check(kind, { cpu: "0.5" })).toContain("Total cpu < 1 is not supported");
  }
});
