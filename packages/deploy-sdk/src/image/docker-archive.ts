// Reads the archive that `docker save` and its relatives write: a tar with manifest.json, one configuration and the layers.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { z } from "zod";
import type { LayerCache } from "./layer-cache.ts";
import { type BuiltImage, imageOf, type Layer } from "./oci.ts";

const manifestSchema = z.array(z.object({ Config: z.string(), Layers: z.array(z.string()) })).length(1);
const configSchema = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) });
/** gzip level of an engine's layers, whose key in the layer cache is their diff id. */
export const archiveLevel = 4;

/** An archive that is not one: the engine's fault, told as a build that failed. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/**
 * The archive's image, its layers compressed (or taken from the cache, as a base image's are after the first build).
 * @param folder an empty folder of our own, for the unpacked parts
 */
export async function readDockerArchive(
  archive: string,
  folder: string,
  layers: LayerCache,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const fileOf = await unpack(archive, folder, signal);
  const [{ Config, Layers }] = manifestSchema.parse(await readJson(fileOf("manifest.json"))) as [
    z.infer<typeof manifestSchema>[number],
  ];
  const config = await readFile(fileOf(Config));
  const diffIds = configSchema.parse(JSON.parse(config.toString("utf8"))).rootfs.diff_ids;
  if (diffIds.length !== Layers.length) throw new ArchiveError("the archive lacks layers that its image names");
  const built: Layer[] = [];
  for (const [index, name] of Layers.entries()) {
    const layer = await compress(fileOf(name), diffIds[index] ?? "", layers, signal);
    built.push(layer);
  }
  return imageOf(config, built);
}

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, "utf8"));

/** Unpacks regular files under names of our own, so that no name in the archive can reach outside the folder. */
async function unpack(archive: string, folder: string, signal: AbortSignal): Promise<(name: string) => string> {
  const files = new Map<string, string>();
  const links = new Map<string, string>();
  const tar = extract();
  const unpacking = pipeline(createReadStream(archive), tar, { signal });
  unpacking.catch(() => {});
  for await (const entry of tar) {
    const name = posix.normalize(entry.header.name);
    if (entry.header.type === "file") {
      const file = join(folder, randomUUID());
      await pipeline(entry, createWriteStream(file), { signal });
      files.set(name, file);
    } else {
      // A layer that occurs twice is a link to its first place.
      if (entry.header.linkname) links.set(name, posix.join(posix.dirname(name), entry.header.linkname));
      entry.resume();
    }
  }
  await unpacking;
  return (name) => {
    const file = files.get(posix.normalize(name)) ?? files.get(links.get(posix.normalize(name)) ?? "");
    if (file === undefined) throw new ArchiveError(`the archive lacks ${name}, which it names`);
    return file;
  };
}

async function compress(file: string, diffId: string, layers: LayerCache, signal: AbortSignal): Promise<Layer> {
  const gunzip = await isGzip(file);
  const tar = (): AsyncIterable<Uint8Array> =>
    gunzip ? createReadStream(file).pipe(createGunzip()) : createReadStream(file, { highWaterMark: 1 << 20 });
  const hash = createHash("sha256");
  for await (const chunk of tar()) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
  const hex = hash.digest("hex");
  if (`sha256:${hex}` !== diffId) throw new ArchiveError(`a layer is not the ${diffId} that its image names`);
  return layers.layer({ key: hex, level: archiveLevel, tar, signal });
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
