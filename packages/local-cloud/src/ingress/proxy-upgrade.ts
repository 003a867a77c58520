// WebSockets and other upgrades: the request is written as it came, then bytes go both ways until either side ends.
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ProbeTarget } from "../run/probe.ts";
import { type Forwarding, requestHeaders, writeHead } from "./forwarded-headers.ts";
import { brokenInstance, refuseUpgrade } from "./refusal.ts";

export type UpgradeExchange = {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What was read beyond the request. */
  readonly head: Buffer;
  readonly address: ProbeTarget;
  readonly forwarding: Forwarding;
  readonly timeoutMs: number;
  readonly onEnd: () => void;
};

const requestHead = ({ method, url, rawHeaders, headers }: IncomingMessage, forwarding: Forwarding): string =>
  writeHead(`${method} ${url} HTTP/1.1`, [
    ...["Connection", "Upgrade", "Upgrade", headers.upgrade ?? "websocket"],
    ...requestHeaders(rawHeaders, forwarding),
  ]);

export function proxyUpgrade({ request, socket, head, address, forwarding, timeoutMs, onEnd }: UpgradeExchange): void {
  const upstream: Socket = connect(address);
  let answered = false;
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  socket.on("error", () => socket.destroy());
  socket.once("close", () => {
    clearTimeout(timer);
    upstream.destroy();
    onEnd();
  });
  upstream.once("connect", () => {
    upstream.write(requestHead(request, forwarding), "latin1");
    if (head.length > 0) upstream.write(head);
    socket.pipe(upstream);
  });
  upstream.once("data", () => {
    answered = true;
  });
  upstream.on("error", () => upstream.destroy());
  upstream.once("close", () => {
    if (answered) socket.destroy();
    else refuseUpgrade(socket, brokenInstance);
  });
  upstream.pipe(socket, { end: true });
}
