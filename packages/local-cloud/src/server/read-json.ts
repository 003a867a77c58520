import type { Readable } from "node:stream";
import { GoogleError } from "./google-error.ts";

/** The largest body that is read into memory: https://cloud.google.com/run/quotas and its peers stay below it. */
export const MAX_JSON_BYTES = 10 * 1024 * 1024;

/** Reads at most `maxBytes`; past them a 413. */
export const readBytes = async (body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes)
      throw new GoogleError("INVALID_ARGUMENT", `Request payload size exceeds the limit: ${maxBytes} bytes.`, {
        code: 413,
      });
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
};

export const parseJson = (bytes: Buffer): unknown => {
  const text = bytes.toString("utf8");
  if (text.trim() === "") return undefined;
  const value = parseText(text);
  if (isDeeperThan(maxDepth, value))
    throw new GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received. Message too deep.");
  return value;
};

const parseText = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received. The body is not JSON.");
  }
};

/** The bound of every protobuf parser: https://protobuf.dev/programming-guides/proto-limits/ */
const maxDepth = 100;

const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner)));

/** The body as JSON, undefined when empty. */
export const readJson = async (body: Readable): Promise<unknown> => parseJson(await readBytes(body, MAX_JSON_BYTES));
