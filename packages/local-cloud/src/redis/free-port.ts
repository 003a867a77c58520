import { createServer } from "node:net";
import { GoogleError } from "../server/google-error.ts";

/** Ports of instances: below those that the system gives to outgoing connections, so that they are free again at the next start. */
const first = 16_379;
const count = 1_000;

/** A port of loopback that nobody listens on and that is not in `taken`. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let port = first; port < first + count; port += 1) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new GoogleError("RESOURCE_EXHAUSTED", `No port is free from ${first} to ${first + count - 1}.`);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve(true)));
  });
