import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CloudResponse } from "./types.ts";

type Rendered = {
  readonly headers: Record<string, string | readonly string[]>;
  readonly body: Readable | Uint8Array | string | undefined;
};

const render = (response: CloudResponse): Rendered => {
  const headers: Record<string, string | readonly string[]> = { ...response.headers };
  if (!("json" in response)) return { headers, body: response.body };
  headers["content-type"] ??= "application/json; charset=UTF-8";
  return { headers, body: JSON.stringify(response.json) };
};

const writeHead = (message: ServerResponse, status: number, { headers, body }: Rendered): void => {
  const bare = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  if (bare && status !== 204 && status !== 304) headers["content-length"] ??= String(Buffer.byteLength(body ?? ""));
  message.writeHead(status, headers as Record<string, string | string[]>);
};

/** Sends it all; resolves when the last byte is handed over. Rejects when the client is gone. */
export const sendResponse = async (message: ServerResponse, response: CloudResponse): Promise<void> => {
  const rendered = render(response);
  writeHead(message, response.status, rendered);
  if (rendered.body instanceof Readable) await pipeline(rendered.body, message);
  else message.end(rendered.body);
};

const firstBytes = async (body: Rendered["body"], count: number): Promise<Buffer> => {
  if (!(body instanceof Readable)) return Buffer.from(body ?? "").subarray(0, count);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= count) break;
  }
  return Buffer.concat(chunks).subarray(0, count);
};

/** Announces the whole response, sends its first `count` bytes, then ends the connection. */
export const sendBroken = async (message: ServerResponse, response: CloudResponse, count: number): Promise<void> => {
  const rendered = render(response);
  writeHead(message, response.status, rendered);
  const bytes = await firstBytes(rendered.body, count);
  message.write(bytes, () => message.socket?.end(() => message.destroy()));
};

/** For a response that nobody will read: its stream holds an open file. */
export const discardResponse = (response: CloudResponse): void => {
  if ("body" in response && response.body instanceof Readable) response.body.destroy();
};
