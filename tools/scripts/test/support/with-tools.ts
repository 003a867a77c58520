// Tests by independent programs. Where one is missing they are reported as skipped, with the reason; where CI is set they
// fail, so that a machine without it cannot pass for green.
import { describe, test } from "vitest";
import { isOnPath } from "../../src/system-packages.mts";

/** A suite that needs programs on PATH. */
export function describeWithTools(tools: readonly string[], name: string, suite: () => void): void {
  const missing = tools.filter((tool) => !isOnPath(tool, process.env["PATH"] ?? ""));
  if (missing.length === 0) return void describe(name, suite);
  const why = `${missing.join(" and ")} not installed`;
  if (!process.env["CI"]) return void describe.skip(`${name} (skipped: ${why})`, suite);
  test(name, () => {
    throw new Error(why);
  });
}
