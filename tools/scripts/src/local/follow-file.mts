import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";

type FollowOptions = {
  /** How many lines of what is there already. */
  readonly last: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
};

const windowBytes = 256 * 1024;

/** The last lines of a growing text file, then, where asked for, batches of what is added. Ends when aborted. */
export async function* followFile(
  file: string,
  { last, follow, signal }: FollowOptions,
): AsyncGenerator<readonly string[]> {
  const handle = await open(file, "r");
  const decoder = new StringDecoder("utf8");
  const buffer = Buffer.alloc(windowBytes);
  try {
    let position = Math.max(0, (await handle.stat()).size - windowBytes);
    let rest = "";
    for (let first = true; !signal.aborted; first = false) {
      const { bytesRead } = await handle.read({ buffer, position });
      position += bytesRead;
      const lines = (rest + decoder.write(buffer.subarray(0, bytesRead))).split("\n");
      rest = lines.pop() ?? "";
      if (first || lines.length > 0) yield first ? lines.slice(-last) : lines;
      if (!follow) return;
      if (bytesRead === 0) await sleep(200, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await handle.close();
  }
}
