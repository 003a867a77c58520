// Independent programs as judges. Where one is missing its tests are reported as skipped, with the reason; where CI is
// set they fail, so that a machine without it cannot pass for green.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { test } from "vitest";
import { findExecutable } from "../src/processes/find-executable.ts";

const inCi = Boolean(process.env["CI"]);

/** A test that needs programs on PATH. */
export function testWithTools(
  tools: readonly string[],
  name: string,
  run: () => Promise<void>,
  timeoutMs = 60_000,
): void {
  const missing = tools.filter((tool) => !findExecutable(tool));
  if (missing.length === 0) return void test(name, run, timeoutMs);
  const why = `${missing.join(" and ")} not installed`;
  if (!inCi) return void test.skip(`${name} (skipped: ${why})`, run);
  test(name, () => {
    throw new Error(why);
  });
}

export type ToolRun = { readonly stdout: string; readonly stderr: string; readonly code: number };

/** Runs a program to its end, whatever its exit code. */
export async function runTool(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ToolRun> {
  const options = { env: { ...process.env, ...env }, timeout: 120_000, maxBuffer: 16 * 1024 ** 2 };
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [...args], options);
    return { stdout, stderr, code: 0 };
  } catch (error) {
    const { stdout = "", stderr = "", code } = error as { stdout?: string; stderr?: string; code?: number | string };
    if (typeof code !== "number") throw error;
    return { stdout, stderr, code };
  }
}

/** The same, where anything but success is a mistake of the test. @returns standard output. */
export async function runOk(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout, stderr, code } = await runTool(file, args, env);
  if (code === 0) return stdout;
  throw new Error(`${file} ${args.join(" ")} ended with ${code}: ${stderr.slice(-2_000)}`);
}
