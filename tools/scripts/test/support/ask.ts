// Requests to what the local cloud serves, whose names under .localhost not every resolver knows (RFC 6761, 6.3).
import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent, request } from "undici";

const lookup: LookupFunction = (host, options, callback) => {
  if (!/(^|\.)localhost$/i.test(host)) systemLookup(host, options, callback);
  else if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};
const dispatcher = new Agent({ connect: { lookup } });

export type Answer = { readonly status: number; readonly text: string; readonly json: () => Record<string, unknown> };

/** One request without retries. Rejects where no answer came within ten seconds. */
export async function ask(url: string, body?: object): Promise<Answer> {
  const { statusCode, body: received } = await request(url, {
    dispatcher,
    method: body ? "POST" : "GET",
    headers: body ? { "content-type": "application/json" } : {},
    body: body ? JSON.stringify(body) : null,
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  });
  const text = await received.text();
  return { status: statusCode, text, json: () => JSON.parse(text) };
}
