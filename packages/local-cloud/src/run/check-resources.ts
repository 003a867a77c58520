// Pure. Which processors and how much memory Cloud Run gives together.
// https://cloud.google.com/run/docs/configuring/services/cpu and https://cloud.google.com/run/docs/configuring/services/memory-limits,
// and the pages of the same names for jobs and worker pools.
import type { FieldViolation } from "../server/proto-json.ts";
import type { Container, RevisionTemplate } from "./model.ts";
import { parseCpu, parseMemory } from "./quantity.ts";

export type TemplateKind = "service" | "job" | "workerPool";

type Environment = Pick<RevisionTemplate, "executionEnvironment" | "maxInstanceRequestConcurrency">;

type Shape = { readonly cpus: number; readonly minMi: number; readonly maxMi: number };

/** What may go with so many processors, or with a fraction from there on. */
const shapes: readonly Shape[] = [
  { cpus: 0.08, minMi: 128, maxMi: 512 },
  { cpus: 0.5, minMi: 128, maxMi: 1024 },
  { cpus: 1, minMi: 128, maxMi: 4 * 1024 },
  { cpus: 2, minMi: 128, maxMi: 8 * 1024 },
  { cpus: 4, minMi: 2 * 1024, maxMi: 16 * 1024 },
  { cpus: 6, minMi: 4 * 1024, maxMi: 24 * 1024 },
  { cpus: 8, minMi: 4 * 1024, maxMi: 32 * 1024 },
];

/** Of the second generation, in which jobs and worker pools always run. */
const secondGenerationMinMi = 512;

const shapeOf = (cpus: number): Shape | undefined =>
  cpus < 1 ? shapes.findLast((shape) => shape.cpus <= cpus) : shapes.find((shape) => shape.cpus === cpus);

const isSecondGeneration = (kind: TemplateKind, { executionEnvironment }: Environment): boolean =>
  kind !== "service" || executionEnvironment === "EXECUTION_ENVIRONMENT_GEN2";

/** Thousandths are the finest that there is. */
const isWholeMillis = (cpus: number): boolean => Math.abs(cpus * 1000 - Math.round(cpus * 1000)) < 1e-6;

/** What a part of a processor does not go with. */
const fractionProblem = (kind: TemplateKind, { resources }: Container, template: Environment): string | undefined => {
  if (kind !== "service") return `Total cpu < 1 is not supported with gen2 execution environment: a ${kind} needs 1.`;
  const { maxInstanceRequestConcurrency: concurrency = 1 } = template;
  if (concurrency > 1) return "Total cpu < 1 is not supported with concurrency > 1.";
  if (isSecondGeneration(kind, template)) return "Total cpu < 1 is not supported with gen2 execution environment.";
  if (resources?.cpuIdle !== true) return "Total cpu < 1 is not supported with cpu always allocated (unthrottled).";
  return undefined;
};

const cpuProblem = (
  kind: TemplateKind,
  cpus: number | undefined,
  container: Container,
  template: Environment,
): string | undefined => {
  if (cpus === undefined || shapeOf(cpus) === undefined || !isWholeMillis(cpus))
    return "It must be 1, 2, 4, 6 or 8, or from 0.08 to 1 in steps of 0.001.";
  return cpus < 1 ? fractionProblem(kind, container, template) : undefined;
};

const formatMi = (mi: number): string => (mi % 1024 === 0 ? `${mi / 1024}Gi` : `${mi}Mi`);

const memoryProblem = (bytes: number, shape: Shape, cpus: number, secondGeneration: boolean): string | undefined => {
  const minMi = Math.max(shape.minMi, secondGeneration ? secondGenerationMinMi : 0);
  const mi = bytes / 2 ** 20;
  if (mi >= minMi && mi <= shape.maxMi) return undefined;
  const shown = Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus);
  return `${secondGeneration ? " with gen2 execution environment" : ""}. For ${shown} CPU, memory must be between ${formatMi(minMi)} and ${formatMi(shape.maxMi)} inclusive.`;
};

/** The sentences are Cloud Run's own where it was seen to say them. */
export const checkResources = (
  kind: TemplateKind,
  container: Container,
  at: string,
  template: Environment,
): readonly FieldViolation[] => {
  const { cpu = "1", memory = "512Mi", ...others } = container.resources?.limits ?? {};
  const refuse = (name: string, text: string): FieldViolation => {
    const field = `${at}.resources.limits${name}`;
    return { field, description: `${field}: ${text}` };
  };
  const cpus = parseCpu(cpu);
  const bytes = parseMemory(memory);
  const wrongCpu = cpuProblem(kind, cpus, container, template);
  const shape = cpus === undefined ? undefined : shapeOf(cpus);
  const wrongMemory =
    bytes === undefined
      ? `: ${JSON.stringify(memory.slice(0, 50))}. It must be a number with a unit, such as 512Mi.`
      : shape && memoryProblem(bytes, shape, cpus ?? 1, isSecondGeneration(kind, template));
  return [
    ...(wrongMemory === undefined ? [] : [refuse(".memory", `Invalid value specified for memory${wrongMemory}`)]),
    ...(wrongCpu === undefined ? [] : [refuse(".cpu", `Invalid value specified for cpu. ${wrongCpu}`)]),
    ...Object.keys(others)
      .filter((name) => name !== "nvidia.com/gpu")
      .map((name) =>
        refuse(
          "",
          `Unknown resource limit ${JSON.stringify(name.slice(0, 50))}. Only memory, cpu and nvidia.com/gpu are supported.`,
        ),
      ),
  ];
};
