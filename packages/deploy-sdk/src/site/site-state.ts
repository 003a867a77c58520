// A site's index and manifests in the state bucket: parsed where they come in, written under preconditions.
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import type { Call, Target } from "../target.ts";
import type { SiteIndex, SiteManifest } from "./site-types.ts";
import { indexName, manifestName } from "./site-version.ts";

const commit = z.object({ sha: z.string(), dirty: z.boolean() });

const indexSchema = z.object({
  schema: z.literal(1),
  publications: z.array(
    z.object({
      release: z.string(),
      version: z.string(),
      commit,
      startedAt: z.string(),
      publishedAt: z.string().optional(),
      expired: z.boolean().optional(),
    }),
  ),
}) satisfies z.ZodType<SiteIndex>;

const manifestSchema = z.object({
  schema: z.literal(1),
  site: z.string(),
  version: z.string(),
  commit,
  files: z.array(
    z.object({
      path: z.string(),
      sizeBytes: z.number(),
      crc32c: z.string(),
      contentType: z.string(),
      cacheControl: z.string(),
      compression: z.enum(["none", "gzip", "br"]),
      role: z.enum(["asset", "file", "config", "page", "entry", "worker"]),
    }),
  ),
}) satisfies z.ZodType<SiteManifest>;

export type SeenIndex = { readonly index: SiteIndex; readonly generation: string };

/** @throws DeployError `corrupt-state` where it is there and cannot be read. */
export async function readIndex({ state }: Target, site: string, call: Call): Promise<SeenIndex> {
  const { value, generation } = await state.read(indexName(site), call);
  return {
    index: value === undefined ? { schema: 1, publications: [] } : parse(indexSchema, value, indexName(site)),
    generation,
  };
}

/** The index's new generation; undefined: another wrote it after it was seen. */
export const writeIndex = (
  { state }: Target,
  site: string,
  { index, generation }: SeenIndex,
  call: Call,
): Promise<string | undefined> => state.write({ name: indexName(site), value: index, ifGeneration: generation }, call);

export async function readManifest(
  { state }: Target,
  site: string,
  version: string,
  call: Call,
): Promise<SiteManifest | undefined> {
  const name = manifestName(site, version);
  const { value } = await state.read(name, call);
  return value === undefined ? undefined : parse(manifestSchema, value, name);
}

/** A version's manifest never changes: one that is there already is the same. */
export async function writeManifest({ state }: Target, manifest: SiteManifest, call: Call): Promise<void> {
  const name = manifestName(manifest.site, manifest.version);
  await state.write({ name, value: manifest, ifGeneration: "0" }, call);
}

export async function removeManifest({ state }: Target, site: string, version: string, call: Call): Promise<void> {
  const name = manifestName(site, version);
  const { generation } = await state.read(name, call);
  await state.remove(name, generation, call);
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown, name: string): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DeployError("corrupt-state", {
    subject: `state object "${name}"`,
    message: "is not of the form that this version of the deploy tools writes",
    hint: "deploy with the version that wrote it, or remove it and release the site anew",
    details: parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join(".")}: ${message}`),
  });
}
