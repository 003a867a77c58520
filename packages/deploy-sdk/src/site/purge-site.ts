// Tells a cache in front of the site which pages have changed. Nothing depends on it: pages are revalidated anyway, and
// what goes wrong here is a warning.
import type { SitePurge } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { Call, Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import type { SitePlan } from "./plan-site.ts";
import { purgeCloudflare } from "./purge-cloudflare.ts";
import type { SiteSteps } from "./site-types.ts";

/** More than these, and everything under the host is forgotten in one request. */
const singlePaths = 20;
const deadlineMs = 30_000;

export async function purgeSite({ unit, steps }: SitePlan, target: Target, context: ReleaseContext): Promise<void> {
  const { purge } = steps;
  const paths = changedPaths(steps);
  if (!purge || paths.length === 0) return;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(deadlineMs)]);
  const subject = `cache of site "${unit}" in ${context.stack.environment.name}`;
  try {
    await send(purge, steps.url, paths, target, { signal, subject });
  } catch (error) {
    context.signal.throwIfAborted();
    context.emit({
      type: "warning",
      unit,
      message: `the site is live, but its ${purge.kind} cache was not purged: ${error instanceof Error ? error.message : String(error)}`,
      hint:
        (error instanceof DeployError ? error.hint : undefined) ??
        "pages are revalidated anyway; other files are cached for as long as their Cache-Control says",
    });
  }
}

async function send(
  purge: SitePurge,
  url: string,
  paths: readonly string[],
  target: Target,
  call: Call,
): Promise<void> {
  if (purge.kind === "cloudflare")
    return purgeCloudflare({ zone: purge.zone, urls: paths.map((path) => `${url}${path}`), signal: call.signal });
  const { urlMap } = purge;
  const { host } = new URL(url);
  for (const path of paths.length > singlePaths ? ["/*"] : paths)
    await target.cdn.invalidate({ urlMap, host, path }, call);
}

/** Addresses of what got another content or other headers under its old name; a page also answers for its folder. */
export function changedPaths({ publish, patches }: Pick<SiteSteps, "publish" | "patches">): readonly string[] {
  const files = [...publish.map(({ path }) => path), ...patches.map(({ name }) => name)];
  const addresses = files.flatMap((path) => {
    const encoded = `/${path.split("/").map(encodeURIComponent).join("/")}`;
    return encoded.endsWith("/index.html") ? [encoded, encoded.slice(0, -"index.html".length)] : [encoded];
  });
  return [...new Set(addresses)].sort();
}
