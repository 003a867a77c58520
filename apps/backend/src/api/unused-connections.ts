import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Follows the connections over which no whole request head has come yet. Node's `close` waits for them as if they were
 * busy: a single one would use up the time to stop.
 * @returns what destroys those that are there.
 */
export function followUnusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  server.on("connection", (socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  server.on("request", ({ socket }) => unused.delete(socket));
  return () => {
    for (const socket of unused) socket.destroy();
  };
}
