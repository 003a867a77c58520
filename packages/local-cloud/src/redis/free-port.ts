import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { GoogleError } from "../server/google-error.ts";

/** Ports of instances: below those that the system gives to outgoing connections, so that they are free again at the next start. */
const firstPort = 16_379;
const portCount = 4_000;

/**
 * A port of loopback that nobody listens on and that is not in `taken`.
 * @param seed decides where the search begins, so that clouds that run beside each other do not meet.
 */
async function freePort(taken: ReadonlySet<number>, seed: string): Promise<number> {
  const start = createHash("sha256").update(seed).digest().readUInt32BE() % portCount;
  for (let offset = 0; offset < portCount; offset += 1) {
    const port = firstPort + ((start + offset) % portCount);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new GoogleError("RESOURCE_EXHAUSTED", `No port is free from ${firstPort} to ${firstPort + portCount - 1}.`);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve(true)));
  });

/** Gives each port once, also to two that ask at once. @param used ports that are taken already. */
export function createPortReservation(seed: string, used: () => readonly number[]): () => Promise<number> {
  const reserved = new Set<number>();
  return async () => {
    for (;;) {
      const port = await freePort(new Set([...reserved, ...used()]), seed);
      if (reserved.has(port)) continue;
      reserved.add(port);
      return port;
    }
  };
}
