// A local cloud to work with: one that runs already on this folder, else one in this process.
import { startLocalCloud } from "@slipway/local-cloud";
import { type CloudStatus, findCloud } from "./client.mts";

export type JoinedCloud = {
  readonly url: string;
  /** What it was asked since it started. */
  readonly counters: () => Promise<CloudStatus["counters"] | undefined>;
  /** Stops what this process started; leaves alone what ran before. */
  readonly leave: () => Promise<void>;
};

type JoinOptions = { readonly dataDir: string; readonly port: number; readonly log: (line: string) => void };

export async function joinCloud(options: JoinOptions): Promise<JoinedCloud> {
  const counters = async () => (await findCloud(options.dataDir))?.status.counters;
  const running = await findCloud(options.dataDir);
  if (running) return { url: running.server.url, counters, leave: async () => {} };
  const cloud = await startLocalCloud(options);
  return { url: cloud.url, counters, leave: cloud.stop };
}
