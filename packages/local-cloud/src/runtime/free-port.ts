// Ports for instances, which share this machine's network.
import { createServer } from "node:net";

export type PortLease = { readonly port: number; readonly release: () => void };
export type PortPool = { readonly lease: () => Promise<PortLease> };

/** Below what Linux hands out for outgoing connections (32768 and up), so that none of those takes the port first. */
const range = { first: 20_000, last: 32_000 };
const maxAttempts = 200;

const isFree = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    // Any other refusal means that the machine has no such address family.
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** A port is not given twice while it is leased. `random` gives numbers from 0 to 1. */
export function createPortPool(random: () => number = Math.random): PortPool {
  const leased = new Set<number>();
  const size = range.last - range.first;
  let next = range.first + Math.floor(random() * size);
  const advance = (): number => {
    next = next >= range.last ? range.first : next + 1;
    return next;
  };
  return {
    lease: async () => {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const port = advance();
        if (leased.has(port)) continue;
        leased.add(port);
        if ((await isFree(port, "0.0.0.0")) && (await isFree(port, "::"))) {
          return { port, release: () => leased.delete(port) };
        }
        leased.delete(port);
      }
      throw new Error(`no free port between ${range.first} and ${range.last}`);
    },
  };
}
