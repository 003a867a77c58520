// A local cloud as a process of its own, started as `pnpm local start` does.
import { $ } from "zx";
import { type CloudStatus, findCloud, type RunningCloud, stopCloud } from "../local/client.mts";
import { workspace } from "../workspace.mts";

export const shell = $({ cwd: workspace, quiet: true, stdio: ["ignore", "pipe", "pipe"] });

export type BenchCloud = RunningCloud & { readonly status: () => Promise<CloudStatus> };

async function runningOn(dataDir: string): Promise<BenchCloud> {
  const status = async (): Promise<CloudStatus> => {
    const cloud = await findCloud(dataDir);
    if (!cloud) throw new Error(`no local cloud answers on ${dataDir}`);
    return cloud.status;
  };
  const { pid, port } = await status();
  return { pid, port, url: `http://127.0.0.1:${port}`, status };
}

export type Place = { readonly dataDir: string; readonly port: number; readonly signal: AbortSignal };

export async function startCloud({ dataDir, port }: Place): Promise<BenchCloud> {
  await shell`node tools/scripts/src/main.mjs local start --port ${port} --data-dir ${dataDir}`;
  return runningOn(dataDir);
}

/** Lets `work` use a cloud on a folder, and stops it. */
export async function withCloud<Value>(place: Place, work: (cloud: BenchCloud) => Promise<Value>): Promise<Value> {
  const cloud = await startCloud(place);
  try {
    return await work(cloud);
  } finally {
    await stopCloud(cloud, place.signal);
  }
}
