// Pure. From what is wanted and what is there to the steps between them.
import type { SiteUnit } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { ObjectInfo } from "../google/object-store.ts";
import { compareObject } from "../sync/compare-object.ts";
import type { Stored } from "../sync/upload-file.ts";
import type { ReleaseContext, UnitPlan } from "../types.ts";
import { type ComparedFile, comparedFiles, desiredOf } from "./compare-site.ts";
import { describeSite } from "./describe-site.ts";
import { isLive } from "./observe-site.ts";
import { planRetention, references } from "./retention.ts";
import type {
  Publication,
  PublishStep,
  SiteFile,
  SiteManifest,
  SiteObserved,
  SitePatch,
  SiteSource,
  SiteSteps,
  SiteUpload,
} from "./site-types.ts";
import { copyName, isKept } from "./site-version.ts";

export type SitePlan = UnitPlan<"site", SiteSteps>;

/** @throws DeployError `no-earlier-release` where an earlier version is wanted and not all of it is kept. */
export function planSite(unit: SiteUnit, observed: SiteObserved, context: ReleaseContext): SitePlan {
  const { history, manifest, index } = observed;
  const base = { kind: "site", unit: unit.name } as const;
  const still = emptySteps(unit, observed, context);
  if (!history)
    return {
      ...base,
      changes: [{ kind: "keep", resource: `site "${unit.name}"`, details: [] }],
      noop: true,
      steps: still,
    };
  const compared = condemn(comparedFiles(manifest.files, observed.objects), observed);
  const copies = new Map(history.copies.map((copy) => [copy.name, copy]));
  const contents = complete(unit.name, planContents(unit.name, compared, copies, observed.source), observed.source);
  const publications = withoutUnfinished(index.publications, manifest);
  const retention = planRetention({
    site: unit.name,
    keep: unit.keep,
    now: context.runtime.now(),
    publications,
    manifests: history.manifests,
    next: manifest,
    objects: observed.objects,
    copies: history.copies,
  });
  const steps: SiteSteps = {
    ...still,
    ...contents,
    writeManifest: history.manifests[manifest.version] === undefined,
    publications,
    publicationsAfter: retention.publications,
    expiry: retention.expiry,
  };
  const changes = [...describeSite(unit.name, steps, isLive(observed, manifest)), ...retention.changes];
  return { ...base, changes, noop: false, steps };
}

const emptySteps = (
  { bucket, url, purge }: SiteUnit,
  { manifest, source, index, indexGeneration }: SiteObserved,
  { stack }: ReleaseContext,
): SiteSteps => ({
  url,
  bucket,
  stateBucket: stack.environment.stateBucket,
  manifest,
  source,
  writeManifest: false,
  indexGeneration,
  publications: index.publications,
  publicationsAfter: index.publications,
  assets: [],
  copies: [],
  publish: [],
  patches: [],
  expiry: { objects: [], copies: [], versions: [] },
  purge,
});

/** An earlier attempt at this very version is not a release of its own. */
const withoutUnfinished = (publications: readonly Publication[], { version }: SiteManifest): readonly Publication[] =>
  publications.filter((publication) => publication.publishedAt !== undefined || publication.version !== version);

/**
 * What only a release that is being given up refers to may be deleted at any moment by whoever gives it up. Where this
 * release wants it again it is written anew: that other delete then finds another generation, and leaves it.
 */
function condemn(compared: readonly ComparedFile[], { index, history }: SiteObserved): readonly ComparedFile[] {
  const manifestsOf = (expired: boolean): readonly SiteManifest[] =>
    index.publications.flatMap((publication) =>
      (publication.expired ?? false) === expired ? (history?.manifests[publication.version] ?? []) : [],
    );
  const going = references("", manifestsOf(true)).paths;
  const needed = references("", manifestsOf(false)).paths;
  return compared.map((one) =>
    one.object && going.has(one.file.path) && !needed.has(one.file.path)
      ? { ...one, verdict: { kind: "update" } }
      : one,
  );
}

type Contents = Pick<SiteSteps, "assets" | "copies" | "publish" | "patches">;

function planContents(
  site: string,
  compared: readonly ComparedFile[],
  copies: ReadonlyMap<string, ObjectInfo>,
  source: SiteSource,
): Contents {
  const contents = {
    assets: [] as SiteUpload[],
    copies: [] as SiteUpload[],
    publish: [] as PublishStep[],
    patches: [] as SitePatch[],
  };
  for (const one of compared) {
    const { file, object, verdict } = one;
    if (verdict.kind === "patch" && object) contents.patches.push(patchOf(file, object, verdict));
    const write = verdict.kind === "create" || verdict.kind === "update";
    if (!isKept(file)) {
      if (write) contents.assets.push(uploadOf(file, file.path, object?.generation, source));
      continue;
    }
    const name = copyName(site, file);
    const copy = copies.get(name);
    const usable = copy && compareObject(desiredOf(file), copy).kind !== "update" ? copy : undefined;
    if (!usable) contents.copies.push(uploadOf(file, name, copy?.generation, source));
    if (write) contents.publish.push(publishOf(file, name, object, usable));
  }
  return contents;
}

const patchOf = (
  { role }: SiteFile,
  { name, generation, metageneration }: ObjectInfo,
  { headers, details }: Extract<ComparedFile["verdict"], { kind: "patch" }>,
): SitePatch => ({
  kind: "patch",
  name,
  headers,
  details,
  role,
  generation,
  ifMetagenerationMatch: metageneration,
});

function uploadOf(file: SiteFile, name: string, generation: string | undefined, source: SiteSource): SiteUpload {
  const target = source.kind === "folder" ? source.targets[file.path] : undefined;
  const made = source.kind === "folder" ? source.made[file.path] : undefined;
  return {
    ...desiredOf(file),
    name,
    path: file.path,
    ...(target !== undefined && { target }),
    ...(made !== undefined && { made }),
    ifGenerationMatch: generation ?? "0",
  };
}

const publishOf = (
  { path, role, contentType, cacheControl }: SiteFile,
  from: string,
  object: ObjectInfo | undefined,
  stored: Stored | undefined,
): PublishStep => ({
  kind: "publish",
  path,
  role,
  from,
  headers: { contentType, cacheControl },
  ifGenerationMatch: object?.generation ?? "0",
  stored: stored && {
    generation: stored.generation,
    crc32c: stored.crc32c,
    ...(stored.contentEncoding && { contentEncoding: stored.contentEncoding }),
    ...(stored.metadata && { metadata: stored.metadata }),
  },
});

/** An earlier version has no folder to upload from: what is not served already must be kept. */
function complete(site: string, contents: Contents, source: SiteSource): Contents {
  if (source.kind === "folder") return contents;
  const published = new Set(contents.publish.map(({ path }) => path));
  const lost = [...contents.assets, ...contents.copies.filter(({ path }) => published.has(path))];
  if (lost.length === 0) return { ...contents, copies: [] };
  throw new DeployError("no-earlier-release", {
    subject: `site "${site}"`,
    message: `${lost.length} of its files are no longer kept`,
    hint: "check out that commit and release it again",
    details: lost.slice(0, 20).map(({ path }) => path),
  });
}
