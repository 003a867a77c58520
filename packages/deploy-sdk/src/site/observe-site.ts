// What a site should be and what is there. Reads only; what a plan without changes does not need is not asked for.
import type { SiteUnit } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { ObjectInfo, ObjectStore } from "../google/object-store.ts";
import type { Call, Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import { comparedFiles } from "./compare-site.ts";
import { siteConfig } from "./site-config.ts";
import { readBuiltSite } from "./site-files.ts";
import { readIndex, readManifest, type SeenIndex } from "./site-state.ts";
import type { SiteFile, SiteManifest, SiteObserved, SiteSource } from "./site-types.ts";
import { copiesPrefix, siteVersion } from "./site-version.ts";

type Wanted = { readonly manifest: SiteManifest; readonly source: SiteSource };

/** @throws DeployError `dist-missing`, `site-unsafe`, `not-provisioned` */
export const observeSite = (unit: SiteUnit, target: Target, context: ReleaseContext): Promise<SiteObserved> =>
  observe(unit, target, context, async () => {
    const config = await siteConfig(unit, target, context);
    const { files, source, warnings } = await readBuiltSite(unit, config, context);
    for (const message of warnings) context.emit({ type: "warning", unit: unit.name, message });
    return { manifest: manifestOf(unit, files, context), source };
  });

/**
 * The same for a version that was released before, which needs no build.
 * @throws DeployError `no-earlier-release` where the state bucket no longer has it; `not-provisioned`
 */
export const observeSiteRelease = (
  unit: SiteUnit,
  version: string,
  target: Target,
  context: ReleaseContext,
): Promise<SiteObserved> =>
  observe(unit, target, context, async () => {
    const manifest = await readManifest(target, unit.name, version, callOf(unit, context));
    if (manifest) return { manifest, source: { kind: "release" } };
    throw new DeployError("no-earlier-release", {
      subject: `site "${unit.name}" in ${context.stack.environment.name}`,
      message: `version ${version.slice(0, 12)} is no longer kept`,
      hint: "pnpm history shows what there is; `keep` in stack.ts says how long releases are kept",
    });
  });

export const callOf = ({ name }: SiteUnit, { stack, signal }: ReleaseContext): Call => ({
  signal,
  subject: `site "${name}" in ${stack.environment.name}`,
});

const manifestOf = ({ name }: SiteUnit, files: readonly SiteFile[], { commit }: ReleaseContext): SiteManifest => ({
  schema: 1,
  site: name,
  version: siteVersion(files),
  commit,
  files,
});

async function observe(
  unit: SiteUnit,
  target: Target,
  context: ReleaseContext,
  want: () => Promise<Wanted>,
): Promise<SiteObserved> {
  const [{ manifest, source }, objects, seen] = await Promise.all([
    want(),
    listObjects(unit, target, context),
    readIndex(target, unit.name, callOf(unit, context)),
  ]);
  const observed = { manifest, source, index: seen.index, indexGeneration: seen.generation, objects };
  const asItShouldBe =
    isLive(seen, manifest) && comparedFiles(manifest.files, objects).every(({ verdict }) => verdict.kind === "keep");
  return { ...observed, history: asItShouldBe ? undefined : await readHistory(unit, seen, target, context) };
}

/** Was this version the last to be published, and nothing begun since? */
export const isLive = ({ index }: Pick<SeenIndex, "index">, { version }: SiteManifest): boolean => {
  const last = index.publications.findLast(({ expired }) => !expired);
  return last?.publishedAt !== undefined && last.version === version;
};

const listObjects = (
  { bucket, name }: SiteUnit,
  target: Target,
  { stack, signal }: ReleaseContext,
): Promise<readonly ObjectInfo[]> =>
  provisioned(
    siteStore({ bucket, name }, target, stack.environment.name).list({ signal }),
    `bucket "${bucket}" of site "${name}"`,
    stack.environment.name,
  );

export const siteStore = (
  { bucket, name }: Pick<SiteUnit, "bucket" | "name">,
  target: Target,
  environment: string,
): ObjectStore => target.objects(bucket, `bucket "${bucket}" of site "${name}" in ${environment}`);

/** A bucket that does not exist is something to provision, not something to look for. */
export async function provisioned<Value>(work: Promise<Value>, subject: string, environment: string): Promise<Value> {
  return work.catch((error: unknown) => {
    if (!(error instanceof DeployError) || error.code !== "not-found") throw error;
    throw new DeployError("not-provisioned", {
      subject: `${subject} in ${environment}`,
      message: "does not exist",
      hint: `pnpm provision --env ${environment}`,
      cause: error,
    });
  });
}

async function readHistory(
  unit: SiteUnit,
  { index }: SeenIndex,
  target: Target,
  context: ReleaseContext,
): Promise<NonNullable<SiteObserved["history"]>> {
  const { stateBucket, name: environment } = context.stack.environment;
  const versions = [...new Set(index.publications.map(({ version }) => version))];
  const copies = target.objects(stateBucket, `state bucket "${stateBucket}" of ${environment}`);
  const [manifests, found] = await Promise.all([
    readManifests(unit, versions, target, context),
    provisioned(
      copies.list({ prefix: copiesPrefix(unit.name), signal: context.signal }),
      `state bucket "${stateBucket}"`,
      environment,
    ),
  ]);
  return { manifests, copies: found };
}

const manifestsAtOnce = 16;

async function readManifests(
  unit: SiteUnit,
  versions: readonly string[],
  target: Target,
  context: ReleaseContext,
): Promise<Readonly<Record<string, SiteManifest>>> {
  const manifests: Record<string, SiteManifest> = {};
  const queue = versions.values();
  const read = async (): Promise<void> => {
    for (const version of queue) {
      const manifest = await readManifest(target, unit.name, version, callOf(unit, context));
      if (manifest) manifests[version] = manifest;
    }
  };
  await Promise.all(Array.from({ length: Math.min(manifestsAtOnce, versions.length) }, read));
  return manifests;
}
