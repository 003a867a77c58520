// A local cloud to work with: one that runs already on this folder, else one in this process.
import { startLocalCloud } from "@slipway/local-cloud";
import { type CloudStatus, findCloud } from "./client.mts";
import { checkPort } from "./parse-port.mts";

export type JoinedCloud = {
  readonly url: string;
  /** What it was asked since it started. */
  readonly counters: () => Promise<CloudStatus["counters"] | undefined>;
  /** Stops what this process started; leaves alone what ran before. */
  readonly leave: () => Promise<void>;
};

type JoinOptions = {
  readonly dataDir: string;
  /** Default: `defaultPort`, or that of a cloud which runs already. */
  readonly port: number | undefined;
  readonly defaultPort: number;
  readonly log: (line: string) => void;
};

/** @throws {DeployError} `usage` where one runs already, on another port than the one that is asked for. */
export async function joinCloud(options: JoinOptions): Promise<JoinedCloud> {
  const counters = async () => (await findCloud(options.dataDir))?.status.counters;
  const running = await findCloud(options.dataDir);
  if (running) {
    checkPort(running.server, options.port);
    return { url: running.server.url, counters, leave: async () => {} };
  }
  const cloud = await startLocalCloud({ ...options, port: options.port ?? options.defaultPort });
  return { url: cloud.url, counters, leave: cloud.stop };
}
