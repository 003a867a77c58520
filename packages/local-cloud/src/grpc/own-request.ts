// A request of the cloud to its own address: what gRPC calls become passes the one adapter, with its faults, permissions
// and counters, as any client's.
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { GoogleError } from "../server/google-error.ts";
import type { HttpCall } from "./http-call.ts";

export type OwnAnswer = { readonly status: number; readonly json: unknown };

type OwnRequest = HttpCall & {
  /** `http://127.0.0.1:8790` */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly signal: AbortSignal;
};

const readAnswer = async (message: IncomingMessage): Promise<OwnAnswer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status: message.statusCode ?? 0, json: text === "" ? {} : JSON.parse(text) };
};

/** Throws GoogleError UNAVAILABLE where the connection breaks, or what came is cut short. */
export const requestOwn = async ({ url, method, path, headers, body, signal }: OwnRequest): Promise<OwnAnswer> => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const sized =
    text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  const sent = request(`${url}${path}`, { method, headers: { ...headers, ...sized }, signal, agent: false });
  sent.once("response", resolve);
  sent.on("error", reject);
  sent.end(text);
  try {
    return await readAnswer(await promise);
  } catch (error) {
    throw new GoogleError("UNAVAILABLE", `The connection broke: ${(error as Error).message}`);
  }
};
