// Bytes to lines, bounded: what a container writes without a line break must not grow in memory.
import { StringDecoder } from "node:string_decoder";

export type LineSplitter = {
  readonly push: (chunk: Buffer) => void;
  /** Gives what is left without a line break. */
  readonly end: () => void;
};

/** Cloud Logging's limit of an entry: https://cloud.google.com/logging/quotas#log-limits */
export const maxLineLength = 256 * 1024;

/** Calls `onLine` for every line, without its line break; a longer line is given in pieces, an empty one not at all. */
export function createLineSplitter(onLine: (line: string) => void, maxLength = maxLineLength): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const give = (line: string): void => {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (text !== "") onLine(text);
  };
  const split = (text: string): void => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) give(line);
    while (rest.length > maxLength) {
      give(rest.slice(0, maxLength));
      rest = rest.slice(maxLength);
    }
  };
  return {
    push: (chunk) => split(decoder.write(chunk)),
    end: () => {
      split(decoder.end());
      give(rest);
      rest = "";
    },
  };
}
