// What a container writes, line by line into the log, no faster than this process can keep up with.
import type { Readable } from "node:stream";
import { createLineSplitter } from "./line-splitter.ts";
import { type LogSource, parseLogLine } from "./log-entry.ts";
import type { LogStore } from "./log-store.ts";

/** About 10 MB a second: past it the container waits for its own output. */
const burstBytes = 256 * 1024;
const pauseMs = 25;

/** Resolves when the stream has ended and all of it is in the log. */
export function captureOutput(
  stream: Readable,
  name: "stdout" | "stderr",
  source: LogSource,
  logs: LogStore,
): Promise<void> {
  const splitter = createLineSplitter((line) => logs.append(source, name, parseLogLine(line)));
  let sincePause = 0;
  return new Promise((resolve) => {
    stream.on("data", (chunk: Buffer) => {
      splitter.push(chunk);
      sincePause += chunk.length;
      if (sincePause < burstBytes) return;
      sincePause = 0;
      stream.pause();
      setTimeout(() => stream.resume(), pauseMs);
    });
    stream.on("error", () => {}); // "close" follows
    stream.once("close", () => {
      splitter.end();
      resolve();
    });
  });
}
