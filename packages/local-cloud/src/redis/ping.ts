import { connect } from "node:net";

export type PingTarget = { readonly port: number; readonly password: string | undefined; readonly pid: number };

/** Does this very process answer PONG on loopback? Another server may have taken the port in the meantime. */
export function ping({ port, password, pid }: PingTarget, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let received = "";
    const end = (answer: boolean): void => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      resolve(answer);
    };
    const abort = (): void => end(false);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", abort).once("close", abort).setTimeout(2_000, abort);
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (received.includes("+PONG\r\n")) end(received.includes(`\r\nprocess_id:${pid}\r\n`));
      else if (/^-|\r\n-/.test(received)) end(false);
    });
    socket.write(`${password === undefined ? "" : `AUTH ${password}\r\n`}INFO server\r\nPING\r\n`);
  });
}
