import type { IncomingMessage } from "node:http";
import { principalOf } from "./principal.ts";
import { readJson } from "./read-json.ts";
import type { RequestTarget } from "./request-target.ts";
import type { CloudRequest, HttpMethod } from "./types.ts";

/** The body can be read once, and is: `json` keeps its promise for whoever asks again. */
export const createCloudRequest = (
  message: IncomingMessage,
  method: HttpMethod,
  target: RequestTarget,
  signal: AbortSignal,
): CloudRequest => {
  let json: Promise<unknown> | undefined;
  return {
    method,
    host: target.host,
    path: target.path,
    origin: target.origin,
    query: new URLSearchParams(target.search),
    headers: message.headers,
    body: message,
    json: () => {
      json ??= readJson(message);
      return json;
    },
    params: {},
    principal: principalOf(message.headers.authorization),
    signal,
  };
};
