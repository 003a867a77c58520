// A registry with one repository, and images small enough to write down.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { startCloud, type TestCloud } from "./support/start-cloud.ts";

export const repository = "demo/backend";
export const location = "asia-southeast1";

export const digestOf = (bytes: Uint8Array | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export type RegistryClient = TestCloud & {
  /** A request below `/v2/`; the body of an answer is left to be read. */
  readonly send: (method: string, path: string, options?: SendOptions) => Promise<Response>;
  readonly pushBlob: (image: string, bytes: Uint8Array | string) => Promise<string>;
  /** Pushes configuration, layer and manifest. */
  readonly pushImage: (image: string, tag: string, content?: string) => Promise<TestImage>;
};

type SendOptions = { readonly headers?: Record<string, string>; readonly body?: Uint8Array | string };

export type TestImage = {
  readonly manifest: string;
  readonly digest: string;
  readonly config: string;
  readonly layer: string;
};

export const ociManifestType = "application/vnd.oci.image.manifest.v1+json";
export const ociIndexType = "application/vnd.oci.image.index.v1+json";

export const makeManifest = (config: string, layers: readonly string[], more: object = {}): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: ociManifestType,
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: layers.map((layer) => descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)),
    ...more,
  });

export const descriptor = (mediaType: string, bytes: string) => ({
  mediaType,
  digest: digestOf(Buffer.from(bytes, "latin1")),
  size: Buffer.byteLength(bytes, "latin1"),
});

export const imageConfig = (content: string): string =>
  JSON.stringify({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Cmd: ["/bin/sh"], Env: [`CONTENT=${content}`] },
    rootfs: { type: "layers", diff_ids: [digestOf(emptyTar)] },
  });

const emptyTar = Buffer.alloc(10_240);
/** As text of one character a byte, so that it can stand in a manifest's helper. */
export const emptyLayer = gzipSync(emptyTar).toString("latin1");

export const createRepository = (cloud: TestCloud, path: string, where = location, body: object = {}) => {
  const [project, id] = path.split("/");
  return cloud.fetchJson(`/v1/projects/${project}/locations/${where}/repositories?repositoryId=${id}`, {
    method: "POST",
    body: JSON.stringify({ format: "DOCKER", ...body }),
  });
};

export async function startRegistry(options: Parameters<typeof startCloud>[0] = {}): Promise<RegistryClient> {
  const cloud = await startCloud(options);
  await createRepository(cloud, repository);
  return registryClient(cloud);
}

export function registryClient(cloud: TestCloud): RegistryClient {
  const send: RegistryClient["send"] = (method, path, { headers = {}, body } = {}) =>
    fetch(`${cloud.url}/v2/${path}`, {
      method,
      headers,
      redirect: "manual",
      ...(body !== undefined && { body: body as NonNullable<RequestInit["body"]> }),
    });
  const pushBlob: RegistryClient["pushBlob"] = async (image, bytes) => {
    const digest = digestOf(bytes);
    const response = await send("POST", `${image}/blobs/uploads/?digest=${digest}`, { body: bytes });
    if (response.status !== 201) throw new Error(`blob refused: ${response.status} ${await response.text()}`);
    return digest;
  };
  const pushImage: RegistryClient["pushImage"] = async (image, tag, content = tag) => {
    const config = imageConfig(content);
    await pushBlob(image, config);
    await pushBlob(image, Buffer.from(emptyLayer, "latin1"));
    const manifest = makeManifest(config, [emptyLayer]);
    const headers = { "content-type": ociManifestType };
    const response = await send("PUT", `${image}/manifests/${tag}`, { headers, body: manifest });
    if (response.status !== 201) throw new Error(`manifest refused: ${response.status} ${await response.text()}`);
    return {
      ...{ manifest, digest: digestOf(manifest), config: digestOf(config) },
      layer: digestOf(Buffer.from(emptyLayer, "latin1")),
    };
  };
  return { ...cloud, send, pushBlob, pushImage };
}

export const errorCode = async (response: Response): Promise<string | undefined> =>
  ((await response.json()) as { errors?: { code: string }[] }).errors?.[0]?.code;
