import { type IamMode, type LocalCloudOptions, startLocalCloud } from "@slipway/local-cloud";
import type { CommandContext } from "../run-command.mts";

export type ServeOptions = Pick<LocalCloudOptions, "startupMs"> & {
  readonly dataDir: string;
  readonly port: number;
  readonly iam: IamMode;
};

/** Serves until Ctrl-C, or until a client asks it to stop. */
export async function serve({ signal, present }: CommandContext, options: ServeOptions): Promise<number> {
  const cloud = await startLocalCloud({ ...options, log: present.line });
  present.result({ pid: process.pid, port: cloud.port, url: cloud.url }, () => cloud.url);
  const interrupted = new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener("abort", () => done(), { once: true });
  });
  await Promise.race([cloud.stopped, interrupted]);
  await cloud.stop();
  return 0;
}
