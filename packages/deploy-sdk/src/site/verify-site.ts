// Status is what serves: the public address must give out this release's index.html and config.json, with their headers.
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { DeployError } from "../deploy-error.ts";
import { createHttpAgent, type HttpAgent } from "../google/http-agent.ts";
import { crc32cOf } from "../google/object-store-wire.ts";
import type { ReleaseContext } from "../types.ts";
import type { SitePlan } from "./plan-site.ts";
import type { SiteFile } from "./site-types.ts";
import { configPath } from "./vite-preset.ts";

const everyMs = 500;
const attemptMs = 10_000;
const largestBytes = 16 * 2 ** 20;

/** @throws DeployError `unhealthy` where the address does not serve this release within the environment's gate. */
export async function verifySite({ unit, steps }: SitePlan, { stack, runtime, signal }: ReleaseContext): Promise<void> {
  const { environment } = stack;
  const wanted = steps.manifest.files.filter(({ path }) => path === "index.html" || path === configPath);
  const deadlineAt = runtime.now().getTime() + environment.gate.timeoutMs;
  const agent = createHttpAgent();
  try {
    for (;;) {
      const wrong = (await Promise.all(wanted.map((file) => look(file, steps.url, agent, signal)))).filter(isString);
      if (wrong.length === 0) return;
      if (runtime.now().getTime() + everyMs > deadlineAt)
        throw new DeployError("unhealthy", {
          subject: `site "${unit}" in ${environment.name}`,
          message: `${steps.url} does not serve this release`,
          hint: "is the bucket public, and does the domain lead to it?  pnpm provision sets both",
          details: wrong,
        });
      await runtime.sleep(everyMs, signal);
    }
  } finally {
    await agent.close();
  }
}

const isString = (value: string | undefined): value is string => value !== undefined;

/** What is wrong with a file as a browser gets it; undefined where nothing is. */
async function look(file: SiteFile, url: string, agent: HttpAgent, outer: AbortSignal): Promise<string | undefined> {
  const address = new URL(`${url}/${file.path}`);
  const signal = AbortSignal.any([outer, AbortSignal.timeout(attemptMs)]);
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: address.origin,
      path: address.pathname,
      method: "GET",
      headers: { "accept-encoding": "gzip, br", "cache-control": "no-cache" },
      signal,
    });
    if (statusCode !== 200) {
      await body.dump();
      return `${address.href} answers ${statusCode}`;
    }
    const bytes = decode(await bounded(body), String(headers["content-encoding"] ?? ""));
    if (crc32cOf(bytes) !== file.crc32c) return `${address.href} serves another content`;
    const cacheControl = String(headers["cache-control"] ?? "none");
    return cacheControl === file.cacheControl
      ? undefined
      : `${address.href} is served with Cache-Control: ${cacheControl} instead of ${file.cacheControl}`;
  } catch (error) {
    outer.throwIfAborted();
    return `${address.href}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function bounded(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.byteLength;
    if (size > largestBytes) throw new RangeError(`it is larger than ${largestBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function decode(bytes: Uint8Array, encoding: string): Uint8Array {
  const options = { maxOutputLength: largestBytes };
  if (encoding === "gzip") return gunzipSync(bytes, options);
  return encoding === "br" ? brotliDecompressSync(bytes, options) : bytes;
}
