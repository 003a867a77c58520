// Layers unpacked once for each digest, and trees merged from them, below `stateDir/layers` and `stateDir/trees`. A folder
// appears there under its final name only when it is whole, so a killed process leaves nothing half done.
import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ImageSource, ResolvedImage } from "./image-source.ts";
import { mergeLayers, type UnpackedLayer } from "./merge-layers.ts";
import type { Lowers } from "./rootfs-view.ts";
import { RuntimeError } from "./runtime-error.ts";
import { defaultLayerLimits, type LayerLimits, type LayerRemovals, unpackLayer } from "./unpack-layer.ts";

export type LayerStore = {
  /** The folders of an image's root, the topmost first; unpacks what is not there yet. @throws {RuntimeError} */
  readonly prepare: (image: ResolvedImage) => Promise<Lowers>;
  /** Removes what no image has asked for since that time. */
  readonly prune: (notUsedSince: Date) => void;
};

export type LayerStoreOptions = {
  readonly stateDir: string;
  readonly images: ImageSource;
  /** Ends what is under way. Nobody who asked does: others may wait for the same layer. */
  readonly signal: AbortSignal;
  readonly limits?: LayerLimits;
};

/** What is written beside a layer's files. */
type LayerRecord = LayerRemovals & { readonly digest: string };

/** More would not fit the kernel's one page of mount options. */
const maxStackedLayers = 90;
/** Short names, for the same reason; the whole digest is in the record and is compared. */
const nameLength = 24;

const shortName = (digest: string): string => digest.slice(digest.indexOf(":") + 1).slice(0, nameLength);
const recordFile = (dir: string): string => join(dir, "record.json");

const touch = (dir: string): void => {
  const now = new Date();
  utimesSync(dir, now, now);
};

const readRecord = <Value>(dir: string): Value | undefined =>
  existsSync(recordFile(dir)) ? (JSON.parse(readFileSync(recordFile(dir), "utf8")) as Value) : undefined;

/** Builds a folder beside its final place and moves it there. */
const buildFolder = async <Value>(
  parent: string,
  name: string,
  build: (files: string) => Promise<Value>,
): Promise<Value> => {
  const temporary = join(parent, `.new-${randomUUID()}`);
  mkdirSync(join(temporary, "fs"), { recursive: true, mode: 0o700 });
  try {
    const record = await build(join(temporary, "fs"));
    writeFileSync(recordFile(temporary), JSON.stringify(record));
    rmSync(join(parent, name), { recursive: true, force: true });
    renameSync(temporary, join(parent, name));
    return record;
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
};

/** One flight for each key: who comes second waits for the first. */
const createFlights = <Value>() => {
  const flights = new Map<string, Promise<Value>>();
  return (key: string, fly: () => Promise<Value>): Promise<Value> => {
    const flight = flights.get(key) ?? fly().finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  };
};

export function createLayerStore({
  stateDir,
  images,
  signal,
  limits = defaultLayerLimits,
}: LayerStoreOptions): LayerStore {
  const layersDir = join(stateDir, "layers");
  const treesDir = join(stateDir, "trees");
  for (const dir of [layersDir, treesDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const layerFlights = createFlights<UnpackedLayer>();
  const treeFlights = createFlights<string>();

  const unpack = async (repository: string, digest: string): Promise<LayerRecord> => {
    const path = await images.blobPath(repository, digest);
    if (path === undefined)
      throw new RuntimeError("blob-missing", `the registry has no layer ${digest} of ${repository}`);
    return buildFolder(layersDir, shortName(digest), async (files) => ({
      digest,
      ...(await unpackLayer({ path, digest }, files, limits, signal)),
    }));
  };

  const layer = (repository: string, digest: string): Promise<UnpackedLayer> =>
    layerFlights(digest, async () => {
      const dir = join(layersDir, shortName(digest));
      const present = readRecord<LayerRecord>(dir);
      const record = present?.digest === digest ? present : await unpack(repository, digest);
      touch(dir);
      return { ...record, dir: join(dir, "fs") };
    });

  const tree = (layers: readonly UnpackedLayer[], key: string): Promise<string> =>
    treeFlights(key, async () => {
      const dir = join(treesDir, key);
      if (readRecord(dir) === undefined) {
        await buildFolder(treesDir, key, async (files) => {
          mergeLayers(layers, files);
          return { key };
        });
      }
      touch(dir);
      return join(dir, "fs");
    });

  return {
    prepare: async ({ repository, manifest }) => {
      const digests = manifest.layers.map(({ digest }) => digest);
      const layers: UnpackedLayer[] = [];
      for (const digest of digests) layers.push(await layer(repository, digest));
      const stackable = layers.every(({ whiteouts, opaque }) => whiteouts.length + opaque.length === 0);
      if (stackable && layers.length <= maxStackedLayers) return layers.map(({ dir }) => dir).reverse();
      return [await tree(layers, createHash("sha256").update(digests.join("\n")).digest("hex").slice(0, nameLength))];
    },
    prune: (notUsedSince) => {
      for (const parent of [layersDir, treesDir]) {
        for (const name of readdirSync(parent)) {
          const dir = join(parent, name);
          if (name.startsWith(".new-") || statSync(dir).mtime < notUsedSince)
            rmSync(dir, { recursive: true, force: true });
        }
      }
    },
  };
}
