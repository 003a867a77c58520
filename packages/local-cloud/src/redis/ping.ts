import { connect } from "node:net";

/** Does a Redis on this machine answer PONG? */
export function ping(port: number, password: string | undefined, signal: AbortSignal): Promise<boolean> {
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
      if (received.includes("+PONG\r\n")) end(true);
      else if (/^-|\r\n-/.test(received)) end(false);
    });
    socket.write(`${password === undefined ? "" : `AUTH ${password}\r\n`}PING\r\n`);
  });
}
