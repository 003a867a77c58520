// A connection that leaves HTTP (WebSocket): the handshake goes through, then bytes both ways until one side ends.
import { type IncomingMessage, request as sendRequest } from "node:http";
import type { Duplex } from "node:stream";
import type { Destination } from "./forward.ts";
import { endToEndHeaders, type RawHeaders, requestHeaders } from "./forwarded-headers.ts";

export type UpgradeOptions = {
  readonly destination: Destination;
  /** Of the whole connection: Cloud Run's request timeout counts for WebSockets too. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

const headerLines = (headers: RawHeaders): string =>
  headers.reduce((text, part, index) => text + (index % 2 === 0 ? `${part}: ` : `${part}\r\n`), "");

/** Resolves when the connection is over. Never rejects. */
export function forwardUpgrade(
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: UpgradeOptions,
): Promise<void> {
  const { destination, timeoutMs, signal } = options;
  const client = { address: message.socket.remoteAddress ?? "127.0.0.1", host: message.headers.host ?? "" };
  const headers = requestHeaders(message.rawHeaders, client);
  headers.push("Connection", "Upgrade", "Upgrade", message.headers.upgrade ?? "");
  const upstream = sendRequest({ ...destination, method: message.method, path: message.url, headers, setHost: false });
  const ended = new AbortController();
  const end = (): void => ended.abort();
  const timer = setTimeout(end, timeoutMs);
  signal.addEventListener("abort", end, { once: true });

  socket.on("error", end);
  socket.on("close", end);
  upstream.on("error", () => {
    if (socket.writable) socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    end();
  });
  upstream.on("response", (answer) => {
    // Refused: an ordinary answer, whose end is the connection's.
    const status = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
    socket.write(`${status}${headerLines([...endToEndHeaders(answer.rawHeaders), "Connection", "close"])}\r\n`);
    answer.on("error", end);
    answer.pipe(socket);
  });
  upstream.on("upgrade", (answer, instance, instanceHead) => {
    socket.write(`HTTP/1.1 101 ${answer.statusMessage}\r\n${headerLines(answer.rawHeaders)}\r\n`);
    socket.write(instanceHead);
    instance.write(head);
    instance.on("error", end);
    instance.on("close", end);
    ended.signal.addEventListener("abort", () => instance.destroy(), { once: true });
    socket.pipe(instance).pipe(socket);
  });
  upstream.end();
  return new Promise((resolve) => {
    ended.signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        upstream.destroy();
        if (!socket.writableEnded) socket.destroy();
        resolve();
      },
      { once: true },
    );
  });
}
