// The parts of the OCI image format that are built here. Pure.
// https://github.com/opencontainers/image-spec/blob/main/manifest.md and config.md
import { createHash } from "node:crypto";

export const mediaTypes = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
} as const;

/** `linux/amd64` is what Cloud Run runs. */
export type Platform = { readonly os: "linux"; readonly architecture: "amd64" | "arm64" };

/** A compressed layer on disk. */
export type Layer = {
  /** `sha256:…` of the compressed bytes: the blob's name in a registry. */
  readonly digest: string;
  /** `sha256:…` of the tar before compression: its name in the image's configuration. */
  readonly diffId: string;
  readonly sizeBytes: number;
  /** Absolute path of the compressed bytes. */
  readonly file: string;
};

/** An image that is ready to be pushed: its blobs, and the manifest that names them. */
export type BuiltImage = {
  readonly digest: string;
  readonly manifest: Uint8Array;
  readonly config: { readonly digest: string; readonly bytes: Uint8Array };
  readonly layers: readonly Layer[];
};

export type ImageConfig = {
  readonly entrypoint: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
};

export const sha256Digest = (bytes: Uint8Array | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Nothing here depends on when or where: equal layers and configuration give an equal digest. */
const epoch = "1970-01-01T00:00:00Z";

export function assembleImage(
  platform: Platform,
  config: ImageConfig,
  layers: readonly (Layer & { readonly createdBy: string })[],
): BuiltImage {
  return imageOf(
    Buffer.from(
      JSON.stringify({
        created: epoch,
        architecture: platform.architecture,
        os: platform.os,
        config: {
          User: config.user,
          Env: config.env,
          Entrypoint: config.entrypoint,
          WorkingDir: config.workingDir,
          Labels: config.labels,
        },
        rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
        history: layers.map(({ createdBy }) => ({ created: epoch, created_by: createdBy })),
      }),
    ),
    layers,
  );
}

/** The image of a finished configuration, such as an engine wrote it. Its layers are gzipped tars, in order. */
export function imageOf(config: Uint8Array, layers: readonly Layer[]): BuiltImage {
  const configDigest = sha256Digest(config);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: configDigest, size: config.length },
      layers: layers.map(({ digest, sizeBytes }) => ({ mediaType: mediaTypes.layer, digest, size: sizeBytes })),
    }),
  );
  return {
    digest: sha256Digest(manifest),
    manifest,
    config: { digest: configDigest, bytes: config },
    layers: layers.map(({ digest, diffId, sizeBytes, file }) => ({ digest, diffId, sizeBytes, file })),
  };
}
