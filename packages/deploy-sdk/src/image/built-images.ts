// Images that an engine has built here, by their inputs. Whoever is given one next (another environment's registry, an
// emptied local cloud) is given the same image: what a Dockerfile fetches may have changed since, and a build takes minutes.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { archiveLevel } from "./docker-archive.ts";
import { type LayerCache, removeUnused } from "./layer-cache.ts";
import { type BuiltImage, imageOf, type Layer } from "./oci.ts";

export type BuiltImages = {
  /** Undefined where it was not built here, or where a layer of it is no longer kept. */
  readonly find: (inputs: string) => Promise<BuiltImage | undefined>;
  readonly keep: (inputs: string, image: BuiltImage) => Promise<void>;
};

const record = z.object({ config: z.base64(), diffIds: z.array(z.string()) });

/**
 * @param folder made when missing; safe to share between processes. What no build has asked for in a month is removed.
 * @param layers where the images' layers are
 */
export function createBuiltImages(folder: string, layers: LayerCache, now: () => Date): BuiltImages {
  const fileOf = (inputs: string): string => join(folder, `${inputs}.json`);
  return {
    find: async (inputs) => {
      const known = await readRecord(fileOf(inputs), now());
      if (!known) return undefined;
      const found = await Promise.all(known.diffIds.map((diffId) => layers.find(layerName(diffId))));
      const all = found.filter((layer): layer is Layer => layer !== undefined);
      return all.length === found.length ? imageOf(Buffer.from(known.config, "base64"), all) : undefined;
    },
    keep: async (inputs, { config, layers: built }) => {
      await mkdir(folder, { recursive: true });
      await removeUnused(folder, now());
      const text = { config: Buffer.from(config.bytes).toString("base64"), diffIds: built.map(({ diffId }) => diffId) };
      const temporary = join(folder, `${randomUUID()}.partial`);
      await writeFile(temporary, JSON.stringify(text));
      await rename(temporary, fileOf(inputs));
    },
  };
}

const layerName = (diffId: string) => ({ key: diffId.slice("sha256:".length), level: archiveLevel });

async function readRecord(file: string, now: Date): Promise<z.infer<typeof record> | undefined> {
  try {
    const known = record.parse(JSON.parse(await readFile(file, "utf8")));
    await utimes(file, now, now);
    return known;
  } catch {
    // Missing or damaged: it is built again.
    return undefined;
  }
}
