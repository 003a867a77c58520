// A client that asks one address as fast as it can, over connections that it keeps: `http-load.ts PORT HOST CONNECTIONS MS`.
// Prints one line of JSON. A process of its own, so that its work is not the server's.
import { connect } from "node:net";

const [port, host, connections, durationMs] = [
  Number(process.argv[2]),
  process.argv[3] ?? "",
  Number(process.argv[4]),
  Number(process.argv[5]),
];
const address = process.argv[6] ?? "127.0.0.1";
const message = Buffer.from(`GET /api/health HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`);
const end = performance.now() + durationMs;
const latencies: number[] = [];

/** Bytes of a whole answer, or -1 while its head is not there: the bench's server sends a length. */
const answerLength = (seen: string): number => {
  const at = seen.indexOf("\r\n\r\n");
  if (at < 0) return -1;
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(seen) ?? [];
  if (!seen.startsWith("HTTP/1.1 200") || length === undefined)
    throw new Error(`an unexpected answer: ${seen.slice(0, 200)}`);
  return at + 4 + Number(length);
};

const ask = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, address).setNoDelay(true);
    let sentAt = 0;
    let seen = "";
    const send = (): void => {
      if (performance.now() > end) {
        socket.destroy();
        resolve();
        return;
      }
      seen = "";
      sentAt = performance.now();
      socket.write(message);
    };
    socket.once("connect", send);
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      seen += chunk.toString("latin1");
      const length = answerLength(seen);
      if (length < 0 || seen.length < length) return;
      latencies.push(performance.now() - sentAt);
      send();
    });
  });

await Promise.all(Array.from({ length: connections }, ask));
const sorted = latencies.toSorted((a, b) => a - b);
const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
process.stdout.write(
  `${JSON.stringify({ perSecond: (sorted.length / durationMs) * 1000, p50Ms: at(0.5), p99Ms: at(0.99) })}\n`,
);
