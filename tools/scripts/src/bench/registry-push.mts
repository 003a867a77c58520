// Pushes an image of one layer, as any client of an OCI registry does.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#push
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { request } from "undici";
import { repeated } from "./storage-load.mts";

const repository = "projects/bench/locations/us-central1/repositories";
const image = "bench/bench/image";
const types = { config: "application/vnd.oci.image.config.v1+json", layer: "application/vnd.oci.image.layer.v1.tar" };
const manifestType = "application/vnd.oci.image.manifest.v1+json";

const digestOf = (chunks: Iterable<Buffer>): string => {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
};

/** @returns the answer's Location. */
async function send(url: string, method: "POST" | "PUT", type: string, body: string | Readable): Promise<string> {
  const answer = await request(url, {
    method,
    headers: { "content-type": type },
    body,
    bodyTimeout: 0,
    headersTimeout: 0,
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${text}`);
  return String(answer.headers["location"]);
}

async function pushBlob(url: string, digest: string, body: string | Readable): Promise<void> {
  const location = new URL(await send(`${url}/v2/${image}/blobs/uploads/`, "POST", "application/json", ""), url);
  location.searchParams.set("digest", digest);
  await send(location.href, "PUT", "application/octet-stream", body);
}

export async function createRepository(url: string): Promise<void> {
  await send(`${url}/v1/${repository}?repositoryId=bench`, "POST", "application/json", '{"format":"DOCKER"}');
}

/** @returns milliseconds of the push alone. */
export async function pushImage(url: string, layerBytes: number): Promise<number> {
  const config = JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } });
  const [configDigest, layerDigest] = [digestOf([Buffer.from(config)]), digestOf(repeated(layerBytes))];
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: types.config, digest: configDigest, size: config.length },
    layers: [{ mediaType: types.layer, digest: layerDigest, size: layerBytes }],
  };
  const startedAt = performance.now();
  await pushBlob(url, layerDigest, Readable.from(repeated(layerBytes)));
  await pushBlob(url, configDigest, config);
  await send(`${url}/v2/${image}/manifests/v1`, "PUT", manifestType, JSON.stringify(manifest));
  return performance.now() - startedAt;
}
