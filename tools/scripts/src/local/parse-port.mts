import { DeployError } from "@slipway/deploy-sdk";
import type { RunningCloud } from "./client.mts";

/** @throws {DeployError} `usage` for what is no port. */
export function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  throw new DeployError("usage", {
    subject: "--port",
    message: `"${text}" is no port`,
    hint: "give a number from 0 to 65535",
  });
}

/** @throws {DeployError} `usage` where the cloud that runs has another port than the one that is asked for; 0 is any. */
export function checkPort({ url, port }: RunningCloud, asked: number | undefined): void {
  if (!asked || asked === port) return;
  throw new DeployError("usage", {
    subject: `--port ${asked}`,
    message: `the local cloud of this folder runs already, at ${url}`,
    hint: "leave --port out, or stop that one first:  pnpm local stop",
  });
}
