// `npm test`: everything that must hold, in the order in which it fails fastest. Ends with one line that counts.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatDuration } from "../present/format.mts";
import { runCommand } from "../run-command.mts";
import { ensureSystemPackages } from "../system-packages.mts";
import { workspace } from "../workspace.mts";

type Step = { readonly name: string; readonly command: readonly string[] };

const checks: readonly Step[] = [
  { name: "format and lint", command: ["biome", "ci", "."] },
  { name: "types", command: ["tsc", "-b"] },
  { name: "boundaries", command: ["node", "tools/scripts/src/main.mjs", "boundaries"] },
  { name: "build", command: ["nx", "run-many", "-t", "build"] },
];

/** Exit code of a step, whose output goes where ours goes. */
function run([program = "", ...args]: readonly string[], signal: AbortSignal): Promise<number> {
  const child = spawn(program, args, { cwd: workspace, stdio: ["ignore", "inherit", "inherit"] });
  signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

type VitestReport = {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
};

/** Counts of a run, a file that could not be loaded being a failure too. */
export function countTests(report: VitestReport): { passed: number; failed: number; skipped: number } {
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests,
  };
}

await runCommand({ json: false }, async ({ signal, present }) => {
  await ensureSystemPackages("test", present.line);
  const failed: string[] = [];
  for (const { name, command } of checks) {
    const startedAt = performance.now();
    const code = await run(command, signal);
    signal.throwIfAborted();
    present.line(`${code === 0 ? "✓" : "✗"} ${name}  ${formatDuration(performance.now() - startedAt)}`);
    if (code !== 0) failed.push(name);
  }
  const folder = mkdtempSync(join(tmpdir(), "verify-"));
  try {
    const file = join(folder, "report.json");
    const code = await run(
      ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
      signal,
    );
    signal.throwIfAborted();
    const counts = countTests(JSON.parse(readFileSync(file, "utf8")));
    if (code !== 0 && counts.failed === 0) failed.push("tests");
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    const checked = checks.length - failed.filter((name) => name !== "tests").length;
    process.stdout.write(`${counts.passed + checked} passed, ${counts.failed + failed.length} failed${skipped}\n`);
    return code === 0 && failed.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
