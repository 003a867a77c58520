import { existsSync } from "node:fs";
import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/**
 * Files that take more than twenty seconds on two cores, longest first. A long one that begins last keeps one core busy
 * while the others idle, and a fresh clone has no durations of its own to go by.
 */
const longFiles = [
  "tools/scripts/test/google-tools.test.ts",
  "tools/scripts/test/django.test.ts",
  "tools/scripts/test/releases.test.ts",
  "tools/scripts/test/running.test.ts",
  "packages/deploy-sdk/test/fault-table.test.ts",
  "packages/deploy-sdk/test/engine-cloud.test.ts",
  "examples/django/test/django.test.ts",
  "tools/scripts/test/interrupt.test.ts",
  "packages/deploy-sdk/test/cloud-kill.test.ts",
  "apps/dashboard-frontend/e2e/accessibility.e2e.test.ts",
  "tools/scripts/test/bad-input.test.ts",
  "apps/backend/test/health.test.ts",
  "apps/dashboard-frontend/e2e/states.e2e.test.ts",
  "packages/deploy-sdk/test/provision.test.ts",
  "packages/local-cloud/test/run-restart.test.ts",
  "tools/scripts/test/environment.test.ts",
  "tools/scripts/test/usage.test.ts",
] as const;

const missing = longFiles.filter((file) => !existsSync(new URL(file, import.meta.url)));
if (missing.length > 0) throw new Error(`vitest.sequence.ts names files that are not there: ${missing.join(", ")}`);

function rank({ moduleId }: TestSpecification): number {
  const index = longFiles.findIndex((file) => moduleId.endsWith(file));
  return index === -1 ? longFiles.length : index;
}

/** Vitest's own order, but for the long files, which begin before all others. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
