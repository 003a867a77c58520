// The local cloud as its commands see it: a process that answers under `/_local/`, found by what it wrote into its folder.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeployError } from "@slipway/deploy-sdk";
import { z } from "zod";

const serverSchema = z.object({ pid: z.number().int(), port: z.number().int(), url: z.string() });
export type RunningCloud = z.infer<typeof serverSchema>;

const statusSchema = z.object({
  pid: z.number(),
  port: z.number(),
  dataDir: z.string(),
  iam: z.enum(["off", "record", "enforce"]),
  uptimeMs: z.number(),
  memoryBytes: z.number(),
  counters: z.object({
    requests: z.number(),
    writes: z.object({ total: z.number(), byService: z.record(z.string(), z.unknown()) }),
  }),
});
export type CloudStatus = z.infer<typeof statusSchema>;

const timeoutMs = 2000;

/** The cloud that runs on a folder and answers; undefined where none does. */
export async function findCloud(
  dataDir: string,
): Promise<{ readonly server: RunningCloud; readonly status: CloudStatus } | undefined> {
  try {
    const server = serverSchema.parse(JSON.parse(readFileSync(join(dataDir, "server.json"), "utf8")));
    const response = await fetch(`${server.url}/_local/status`, { signal: AbortSignal.timeout(timeoutMs) });
    const status = statusSchema.parse(await response.json());
    return status.pid === server.pid ? { server, status } : undefined;
  } catch {
    return undefined;
  }
}

const stopDeadlineMs = 30_000;

/** Asks it to stop and waits until its process is gone. */
export async function stopCloud({ url, pid }: RunningCloud, signal: AbortSignal): Promise<void> {
  await fetch(`${url}/_local/stop`, {
    method: "POST",
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const deadline = Date.now() + stopDeadlineMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) {
      throw new DeployError("timeout", {
        subject: `local cloud, process ${pid}`,
        message: "did not stop within 30 s",
        hint: `kill ${pid}`,
      });
    }
    await sleep(50, undefined, { signal });
  }
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
