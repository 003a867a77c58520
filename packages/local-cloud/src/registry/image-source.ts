// Gives the runtime what it runs: manifests already resolved to this machine's platform, and the files of their blobs.
import type { ImageConfig, ImageManifest, ImageSource, ResolvedImage } from "../runtime/image-source.ts";
import type { ManifestRecord } from "./catalog.ts";
import type { RegistryState } from "./collect-garbage.ts";
import type { FindRepositories } from "./locate-image.ts";
import { type ManifestDescriptor, type ParsedManifest, parseManifest } from "./manifest.ts";
import { formatPath, type ImageName, type ImagePath, isDigest, parsePath, parseReference } from "./names.ts";
import { maxConfigBytes, parseImageConfig } from "./parse-image-config.ts";

type ImageSourceOptions = RegistryState & {
  readonly find: FindRepositories;
  /** Is this `host:port` the cloud's own? */
  readonly isOwnHost: (host: string) => boolean;
};

/** In the terms of Go, which images use: https://go.dev/doc/install/source#environment */
const machineArchitecture = process.arch === "x64" ? "amd64" : process.arch;

export function createImageSource({ catalog, files, find, isOwnHost }: ImageSourceOptions): ImageSource {
  const namesOf = (path: ImagePath, location?: string): readonly ImageName[] =>
    find(path.project, path.repository)
      .filter((info) => location === undefined || info.location === location)
      .map((info) => ({ ...path, location: info.location }));

  const read = async ({ digest, mediaType }: ManifestRecord): Promise<ParsedManifest> =>
    parseManifest(await files.read(digest), mediaType);

  const readConfig = async (digest: string): Promise<ImageConfig> => {
    // A blob of any size can be named as one.
    const size = files.sizeBytes(digest) ?? 0;
    return parseImageConfig(size > maxConfigBytes ? Buffer.alloc(0) : await files.read(digest));
  };

  /** Follows an index to the image for this machine. */
  const resolveImage = async (
    name: ImageName,
    record: ManifestRecord,
    depth = 0,
  ): Promise<ResolvedParts | undefined> => {
    const manifest = await read(record);
    if (manifest.kind === "image") {
      return { manifest: toImageManifest(manifest), config: await readConfig(manifest.config.digest) };
    }
    const child = manifest.manifests.find(isForThisMachine);
    const next = child && depth < maxIndexDepth ? catalog.manifest(name, child.digest) : undefined;
    return next && resolveImage(name, next, depth + 1);
  };

  const resolve = async (text: string): Promise<ResolvedImage | undefined> => {
    const reference = parseReference(text, isOwnHost);
    if (!reference) return undefined;
    for (const name of namesOf(reference, reference.location)) {
      const digest = reference.digest ?? catalog.tag(name, reference.tag)?.digest;
      const record = digest === undefined ? undefined : catalog.manifest(name, digest);
      const parts = record && (await resolveImage(name, record));
      if (record && parts) return { repository: formatPath(name), digest: record.digest, ...parts };
    }
    return undefined;
  };

  return {
    resolve,
    blobPath: async (repository, digest) => {
      if (!isDigest(digest)) return undefined;
      const holds = namesOf(parsePath(repository)).some((name) => catalog.hasBlob(name, digest));
      return holds && files.sizeBytes(digest) !== undefined ? files.path(digest) : undefined;
    },
  };
}

type ResolvedParts = Pick<ResolvedImage, "manifest" | "config">;
const maxIndexDepth = 3;

const isForThisMachine = ({ platform }: ManifestDescriptor): boolean =>
  platform?.os === "linux" && platform.architecture === machineArchitecture;

const toDescriptor = ({ mediaType, digest, size }: ManifestDescriptor) => ({ mediaType, digest, size });

const toImageManifest = (manifest: Extract<ParsedManifest, { kind: "image" }>): ImageManifest => ({
  schemaVersion: 2,
  mediaType: manifest.mediaType,
  config: toDescriptor(manifest.config),
  layers: manifest.layers.map(toDescriptor),
});
