// Cloudflare's purge by address, through its official client.
// https://developers.cloudflare.com/api/resources/cache/methods/purge/
import { DeployError } from "../deploy-error.ts";

export type CloudflarePurge = {
  readonly zone: string;
  readonly urls: readonly string[];
  readonly signal: AbortSignal;
  /** Default: the variable that Cloudflare's own tools read. */
  readonly apiToken?: string | undefined;
  /** Default: Cloudflare's. */
  readonly baseURL?: string;
};

/** What every plan of theirs takes in one request. */
const urlsAtOnce = 30;

/** @throws DeployError `credentials-missing`; the client's own errors, which do not hold the token. */
export async function purgeCloudflare({
  zone,
  urls,
  signal,
  apiToken = process.env["CLOUDFLARE_API_TOKEN"],
  baseURL,
}: CloudflarePurge): Promise<void> {
  if (!apiToken)
    throw new DeployError("credentials-missing", {
      subject: `Cloudflare zone ${zone}`,
      message: "CLOUDFLARE_API_TOKEN is not set",
      hint: "a token with the permission Zone, Cache Purge, Purge",
    });
  // Loaded only by who uses it, and only the one resource of it: the whole client takes half a second.
  const [{ createClient }, { BaseCache }] = await Promise.all([
    import("cloudflare/tree-shakable"),
    import("cloudflare/resources/cache/cache"),
  ]);
  const client = createClient({ apiToken, resources: [BaseCache], maxRetries: 2, ...(baseURL && { baseURL }) });
  for (let start = 0; start < urls.length; start += urlsAtOnce)
    await client.cache.purge({ zone_id: zone, files: urls.slice(start, start + urlsAtOnce) }, { signal });
}
