// Connections to instances, kept for reuse and dropped with the instance.
import type { Lease } from "../run/request-queue.ts";
import { InstanceConnection } from "./instance-connection.ts";

export type Upstreams = {
  /** A connection for one request. As many are open as requests are under way: an instance's concurrency limits those. */
  readonly of: (lease: Pick<Lease, "address" | "lost">) => InstanceConnection;
  readonly close: () => void;
};

/** Of one instance. */
type Connections = { readonly open: Set<InstanceConnection>; readonly idle: InstanceConnection[] };

export function createUpstreams(): Upstreams {
  /** By what tells that the instance has ended: its port may be another one's afterwards. */
  const byInstance = new Map<AbortSignal, Connections>();

  const drop = (lost: AbortSignal): void => {
    const connections = byInstance.get(lost);
    byInstance.delete(lost);
    for (const connection of connections?.open ?? []) connection.lose();
  };

  const add = (lost: AbortSignal): Connections => {
    const connections: Connections = { open: new Set(), idle: [] };
    if (lost.aborted) return connections;
    byInstance.set(lost, connections);
    lost.addEventListener("abort", () => drop(lost), { once: true });
    return connections;
  };

  return {
    of: ({ address, lost }) => {
      const { open, idle } = byInstance.get(lost) ?? add(lost);
      for (let last = idle.pop(); last !== undefined; last = idle.pop()) if (last.isOpen) return last;
      const connection: InstanceConnection = new InstanceConnection(
        address,
        () => idle.push(connection),
        () => {
          open.delete(connection);
          const index = idle.indexOf(connection);
          if (index >= 0) idle.splice(index, 1);
        },
      );
      open.add(connection);
      return connection;
    },
    close: () => {
      for (const lost of [...byInstance.keys()]) drop(lost);
    },
  };
}
