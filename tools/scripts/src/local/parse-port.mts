import { DeployError } from "@slipway/deploy-sdk";

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
