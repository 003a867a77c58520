// Pure.
import { createHash } from "node:crypto";
import type { JobUnit } from "@slipway/config";
import type { ContainerSpec, JobSpec } from "../target.ts";

/** A migration is tried once: one that failed half-way must not be run again by the platform. */
export const jobSpec = ({ timeoutS }: JobUnit, container: ContainerSpec): JobSpec => ({
  container,
  timeoutS,
  retries: 0,
});

/**
 * Names what a job runs, so that a record's listing tells whether it has succeeded already: `run-` and 16 hexadecimal
 * digits. Variables that differ with every release are left out.
 */
export function jobFingerprint({ container, ...spec }: JobSpec, volatile: readonly string[]): string {
  const ignored = new Set(volatile);
  const env = Object.entries(container.env).filter(([name]) => !ignored.has(name));
  const canonical = sorted({ ...spec, container: { ...container, env: Object.fromEntries(env) } });
  return `run-${createHash("sha256").update(JSON.stringify(canonical)).digest("hex").slice(0, 16)}`;
}

/** Keys in one order, so that equal values have equal JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
