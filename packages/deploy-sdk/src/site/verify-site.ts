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

/** What is found at an address: what makes it another release, or what only concerns caches, and is not the release's doing. */
type Found = { readonly wrong?: string; readonly rewritten?: string };

/** @throws DeployError `unhealthy` where the address does not serve this release within the environment's gate. */
export async function verifySite({ unit, steps }: SitePlan, context: ReleaseContext): Promise<void> {
  const { stack, runtime, signal, emit } = context;
  const { environment } = stack;
  const wanted = steps.manifest.files.filter(({ path }) => path === "index.html" || path === configPath);
  const deadlineAt = runtime.now().getTime() + environment.gate.timeoutMs;
  const agent = createHttpAgent();
  try {
    for (;;) {
      const found = await Promise.all(wanted.map((file) => look(file, steps.url, agent, signal)));
      const wrong = found.flatMap((each) => each.wrong ?? []);
      if (wrong.length === 0) {
        const rewritten = found.flatMap((each) => each.rewritten ?? []);
        if (rewritten.length > 0)
          emit({ type: "warning", unit, message: rewritten.join("\n"), hint: browserCacheHint });
        return;
      }
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

/** https://developers.cloudflare.com/cache/how-to/edge-browser-cache-ttl/set-browser-ttl/ */
const browserCacheHint =
  "in Cloudflare: Caching, Configuration, Browser Cache TTL: Respect Existing Headers; or a Cache Rule for this host";

/** A file as a browser gets it. */
async function look(file: SiteFile, url: string, agent: HttpAgent, outer: AbortSignal): Promise<Found> {
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
      return { wrong: `${address.href} answers ${statusCode}` };
    }
    const bytes = decode(await bounded(body), String(headers["content-encoding"] ?? ""));
    const byCloudflare = headers["cf-ray"] !== undefined;
    if (crc32cOf(bytes) !== file.crc32c)
      return { wrong: `${address.href} serves another content${byCloudflare ? rewritesPages : ""}` };
    const cacheControl = String(headers["cache-control"] ?? "none");
    if (cacheControl === file.cacheControl) return {};
    const said = `${address.href} is served with Cache-Control: ${cacheControl} instead of ${file.cacheControl}`;
    return byCloudflare ? { rewritten: `${said}: Cloudflare's Browser Cache TTL has rewritten it` } : { wrong: said };
  } catch (error) {
    outer.throwIfAborted();
    return { wrong: `${address.href}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const rewritesPages =
  " through Cloudflare: a copy that was not purged, or one of its features that rewrite pages (Email Address Obfuscation, Rocket Loader)";

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
