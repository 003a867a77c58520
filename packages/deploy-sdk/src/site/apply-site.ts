// Publishes a site so that whoever reads it meanwhile gets one whole release or the other.
//
//   1. the manifest, then the claim in the index: from here on everybody knows what this release may leave behind
//   2. assets to the site, contents of all other files to the state bucket: long, and nothing of it is visible yet
//   3. the visible part, in the order of visibleOrder: copies within Cloud Storage, short, whatever the sizes
//   4. the index says that it is published, and a cache in front is told
//   5. retention deletes what the releases that it gave up leave behind
//
// It can be killed anywhere: what was done is found by the next run, which goes on from there.
import { rmSync } from "node:fs";
import { DeployError } from "../deploy-error.ts";
import type { ObjectStore } from "../google/object-store.ts";
import { defaultLimits } from "../sync/apply-sync.ts";
import { compareObject } from "../sync/compare-object.ts";
import type { Progress } from "../sync/count-progress.ts";
import { runPhases, type Task } from "../sync/run-phases.ts";
import { type Stored, uploadBytes, uploadFile, uploadHolds } from "../sync/upload-file.ts";
import { anotherWasFirst } from "../sync/write-conflict.ts";
import type { Call, Target } from "../target.ts";
import type { ReleaseContext, UnitOutcome } from "../types.ts";
import { claimSite, concludeClaim, overtakenBy } from "./claim-site.ts";
import { desiredOf } from "./compare-site.ts";
import { expireSite } from "./expire-site.ts";
import { siteStore } from "./observe-site.ts";
import type { SitePlan } from "./plan-site.ts";
import { purgeSite } from "./purge-site.ts";
import { createSiteProgress } from "./site-progress.ts";
import { writeManifest } from "./site-state.ts";
import {
  type PublishStep,
  type SiteFile,
  type SitePatch,
  type SiteRole,
  type SiteSteps,
  type SiteUpload,
  visibleOrder,
} from "./site-types.ts";

/** @throws DeployError `locked` where another deploy was first; `conflict` where the folder changed since the plan. */
export async function applySite(plan: SitePlan, target: Target, context: ReleaseContext): Promise<UnitOutcome> {
  const { unit, steps } = plan;
  const { environment } = context.stack;
  const call: Call = { signal: context.signal, subject: `site "${unit}" in ${environment.name}` };
  if (steps.writeManifest) await writeManifest(target, steps.manifest, call);
  const claim = await claimSite(unit, steps, target, context, call);
  const stores: Stores = {
    site: siteStore({ bucket: steps.bucket, name: unit }, target, environment.name),
    state: target.objects(steps.stateBucket, `state bucket "${steps.stateBucket}" of ${environment.name}`),
  };
  await publish(plan, stores, context).catch(async (error: unknown) => {
    throw await explain(error, plan, target, context, call);
  });
  await concludeClaim(unit, claim, steps, target, context, call);
  await purgeSite(plan, target, context);
  await expireSite(plan, stores, target, context);
  return outcomeOf(plan, context.releaseId);
}

/** Another's write in our way: says whose. A file that is not what its remembered checksum says: forgets them all. */
async function explain(
  error: unknown,
  { unit, steps: { source } }: SitePlan,
  target: Target,
  { releaseId }: ReleaseContext,
  call: Call,
): Promise<unknown> {
  if (!(error instanceof DeployError)) return error;
  if (error.code === "conflict" && source.kind === "folder") rmSync(source.cacheFile, { force: true });
  return error.code === "precondition-failed" ? ((await overtakenBy(unit, releaseId, target, call)) ?? error) : error;
}

/** What is live after this plan. */
export const outcomeOf = ({ steps }: SitePlan, release: string): UnitOutcome => ({
  version: steps.manifest.version,
  state: { version: steps.manifest.version, release },
  url: steps.url,
});

export type Stores = { readonly site: ObjectStore; readonly state: ObjectStore };

async function publish(
  { unit, steps }: SitePlan,
  stores: Stores,
  { signal, emit, runtime }: ReleaseContext,
): Promise<void> {
  const progress = createSiteProgress(unit, steps, emit, runtime.now);
  const staged = new Map<string, Stored>();
  const files = new Map(steps.manifest.files.map((file) => [file.path, file]));
  const patchesOf = (role: SiteRole): readonly Task[] =>
    steps.patches.filter((patch) => patch.role === role).map((patch) => patchTask(patch, stores.site, progress));
  const unseen = [
    ...steps.assets.map((upload) => uploadTask(upload, steps, stores.site, progress)),
    ...steps.copies.map((upload) => uploadTask(upload, steps, stores.state, progress, staged)),
    ...patchesOf("asset"),
  ];
  const seen = visibleOrder.map((role) => [
    ...steps.publish
      .filter((step) => step.role === role)
      .map((step) => publishTask(step, files.get(step.path), stores, progress, staged)),
    ...patchesOf(role),
  ]);
  await runPhases([unseen, ...seen], defaultLimits, signal);
}

const uploadTask = (
  upload: SiteUpload,
  { source }: SiteSteps,
  store: ObjectStore,
  progress: Progress,
  staged?: Map<string, Stored>,
): Task => ({
  holdsBytes: uploadHolds(upload),
  run: async (signal) => {
    const options = { store, signal, onBytes: progress.bytes };
    const folder = source.kind === "folder" ? source.folder : "";
    const stored =
      upload.made === undefined
        ? await uploadFile(upload, folder, options)
        : await uploadBytes(upload, Buffer.from(upload.made), options);
    staged?.set(upload.name, stored);
    progress.done();
  },
});

const patchTask = (patch: SitePatch, store: ObjectStore, progress: Progress): Task => ({
  holdsBytes: 0,
  run: async (signal) => {
    const outcome = await store.patch({ ...patch, signal });
    if (!outcome.written) throw anotherWasFirst(store.bucket, patch.name, outcome.current);
    progress.done();
  },
});

const publishTask = (
  step: PublishStep,
  file: SiteFile | undefined,
  { site, state }: Stores,
  progress: Progress,
  staged: ReadonlyMap<string, Stored>,
): Task => ({
  holdsBytes: 0,
  run: async (signal) => {
    const stored = step.stored ?? staged.get(step.from);
    if (!stored || !file) throw new TypeError(`${step.path} is published before its content is kept`);
    const { contentEncoding, metadata } = stored;
    const outcome = await site.copy({
      from: { bucket: state.bucket, name: step.from, generation: stored.generation },
      name: step.path,
      headers: { ...step.headers, ...(contentEncoding && { contentEncoding }), ...(metadata && { metadata }) },
      crc32c: stored.crc32c,
      ifGenerationMatch: step.ifGenerationMatch,
      signal,
    });
    if (!outcome.written && !(outcome.current && compareObject(desiredOf(file), outcome.current).kind === "keep"))
      throw anotherWasFirst(site.bucket, step.path, outcome.current);
    progress.done();
  },
});
