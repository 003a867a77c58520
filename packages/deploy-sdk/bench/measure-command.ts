// What a command takes: wall time, CPU of it and its children, peak memory of its largest process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Command } from "./sync-tools.ts";

export const timeProgram = "/usr/bin/time";

export type Taken = { readonly wallS: number; readonly cpuS: number; readonly peakMb: number };

/**
 * Runs it once under GNU time. undefined: it took longer than `limitS`, and was ended.
 * @param report a file for GNU time's figures.
 */
export async function measureCommand(
  { argv, env }: Command,
  { report, limitS }: { readonly report: string; readonly limitS: number },
): Promise<Taken | undefined> {
  const startedAt = performance.now();
  // A group of its own, so that its children end with it.
  const child = spawn(timeProgram, ["-f", "%U %S %M", "-o", report, ...argv], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const end = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    end();
  }, limitS * 1000);
  process.once("exit", end);
  const complaints: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
  const [code] = await once(child, "close");
  clearTimeout(timer);
  process.off("exit", end);
  if (over) return undefined;
  const wallS = (performance.now() - startedAt) / 1000;
  if (code !== 0)
    throw new Error(`${argv.join(" ")} ended with ${code}: ${Buffer.concat(complaints).toString().slice(-2000)}`);
  const [user = 0, system = 0, peakKb = 0] = readFileSync(report, "utf8").trim().split(" ").map(Number);
  return { wallS, cpuS: user + system, peakMb: (peakKb * 1024) / 1e6 };
}
