// What makes objects equal to files: reads both sides once and compares them. Writes nothing.
import { DeployError } from "../deploy-error.ts";
import type { ObjectInfo, ObjectStore } from "../google/object-store.ts";
import { compareObject, type DesiredObject } from "./compare-object.ts";
import { type Compression, compressionFor } from "./compression.ts";
import { isHidden, nameProblem, problemsError, showPath } from "./file-problems.ts";
import { compileGlobs, matchesWithin } from "./glob.ts";
import type { LocalFile } from "./hash-files.ts";
import { compileHeaderRules, type FileHeaders, type HeaderRule } from "./header-rules.ts";
import { mergeListings } from "./merge-listings.ts";
import { isHashedName, isImmutable, phaseOf } from "./phase.ts";
import { readFolder } from "./read-folder.ts";
import type { BucketAddress, SyncAction, SyncPlan, SyncTotals } from "./sync-types.ts";

export type PlanSyncOptions = {
  readonly folder: string;
  readonly prefix?: string;
  readonly store: ObjectStore;
  /** Objects below the prefix that no file stands for go. Default false. */
  readonly delete?: boolean;
  /** Globs that are left alone on both sides. */
  readonly exclude?: readonly string[];
  readonly headers?: readonly HeaderRule[];
  readonly compression?: Compression;
  /** An empty folder is taken for a mistake without it. */
  readonly force?: boolean;
  /** Where checksums are remembered between runs; undefined: nowhere. */
  readonly cacheFile?: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Now and then: how many files have been read. */
  readonly onHashing?: (done: number) => void;
};

/**
 * @throws DeployError `site-unsafe` with every file that cannot be published, or for an empty folder;
 * `dist-missing` without the folder, `not-found` without the bucket.
 */
export async function planSync(options: PlanSyncOptions): Promise<SyncPlan> {
  const { prefix = "", store, signal } = options;
  const exclude = compileGlobs(options.exclude ?? []);
  // The first page is on its way while the folder is read.
  const pages = prefetch(store.pages({ prefix, signal }));
  const { root, files, warnings } = await readFolder({ ...options, exclude }).catch((error: unknown) => {
    pages.cancel();
    throw error;
  });
  checkNames(root, prefix, files);
  const address: BucketAddress = { bucket: store.bucket, prefix };
  const isExcluded = matchesWithin(exclude);
  const planner = createPlanner(options, address);
  await mergeListings(
    files,
    ({ path }) => `${prefix}${path}`,
    pages.all(),
    ({ local, remote }) => {
      if (local || (remote && !isExcluded(remote.name.slice(prefix.length)))) planner.add(local, remote);
    },
  ).catch((error: unknown) => {
    throw error instanceof DeployError && error.code === "not-found" ? noBucket(store.bucket, error) : error;
  });
  const { actions, totals } = planner;
  const noop = actions.length === 0;
  return { folder: root, address, actions, totals, noop, warnings: [...warnings, ...hiddenWarning(actions)] };
}

const noBucket = (bucket: string, cause: DeployError): DeployError =>
  new DeployError("not-found", {
    subject: `bucket "${bucket}"`,
    message: "does not exist",
    hint: `is the name right? If it is:  gcloud storage buckets create gs://${bucket}`,
    cause,
  });

/** What most people keep for themselves is told once, when it is first published. */
function hiddenWarning(actions: readonly SyncAction[]): readonly string[] {
  const hidden = actions.flatMap((action) => (action.kind === "create" && isHidden(action.path) ? [action.path] : []));
  const [first] = hidden;
  if (first === undefined) return [];
  const count = hidden.length === 1 ? "a dot file is" : `${hidden.length} dot files are`;
  return [`${count} among what is new, such as ${showPath(first)}: --exclude '.*' leaves them out`];
}

/** A name that is good by itself can be too long behind a prefix. */
function checkNames(folder: string, prefix: string, files: readonly LocalFile[]): void {
  if (prefix === "") return;
  const problems = files.flatMap(({ path }) => {
    const reason = nameProblem(`${prefix}${path}`);
    return reason === undefined ? [] : [{ path: showPath(`${prefix}${path}`), reason }];
  });
  if (problems.length > 0) throw problemsError(folder, problems);
}

function createPlanner(
  { headers = [], compression = "none", ...options }: PlanSyncOptions,
  { prefix }: BucketAddress,
): {
  readonly actions: readonly SyncAction[];
  readonly totals: SyncTotals;
  readonly add: (local: LocalFile | undefined, remote: ObjectInfo | undefined) => void;
} {
  const headersOf = compileHeaderRules(headers);
  const actions: SyncAction[] = [];
  const totals = { files: 0, bytes: 0, create: 0, update: 0, patch: 0, delete: 0, keep: 0, uploadBytes: 0, extra: 0 };
  const addFile = (file: LocalFile, remote: ObjectInfo | undefined): void => {
    const action = fileAction(desiredObject(file, headersOf(file.path), compression), file, prefix, remote);
    totals.files += 1;
    totals.bytes += file.sizeBytes;
    if (action === undefined) totals.keep += 1;
    else {
      actions.push(action);
      totals[action.kind] += 1;
      if (action.kind !== "patch" && action.kind !== "delete") totals.uploadBytes += file.sizeBytes;
    }
  };
  const addExtra = ({ name, sizeBytes, generation }: ObjectInfo): void => {
    if (!options.delete) totals.extra += 1;
    else {
      actions.push({ kind: "delete", name, sizeBytes, ifGenerationMatch: generation });
      totals.delete += 1;
    }
  };
  return {
    actions,
    totals,
    add: (local, remote) => {
      if (local) addFile(local, remote);
      else if (remote) addExtra(remote);
    },
  };
}

export const desiredObject = (
  { crc32c, sizeBytes }: LocalFile,
  headers: FileHeaders,
  compression: Compression,
): DesiredObject => ({
  crc32c,
  sizeBytes,
  headers,
  compression: compressionFor(compression, headers.contentType, sizeBytes),
});

/** undefined: the object is what it should be. */
function fileAction(
  desired: DesiredObject,
  { path, target }: LocalFile,
  prefix: string,
  remote: ObjectInfo | undefined,
): SyncAction | undefined {
  const { crc32c, sizeBytes, headers, compression } = desired;
  const verdict = compareObject(desired, remote);
  if (verdict.kind === "keep") return undefined;
  const name = `${prefix}${path}`;
  const phase = phaseOf(path, isImmutable(headers.cacheControl) || isHashedName(path));
  if (verdict.kind === "patch")
    return {
      kind: "patch",
      name,
      headers: verdict.headers,
      details: verdict.details,
      phase,
      generation: remote?.generation ?? "",
      ifMetagenerationMatch: remote?.metageneration ?? "",
    };
  return {
    kind: verdict.kind,
    path,
    ...(target !== undefined && { target }),
    name,
    crc32c,
    sizeBytes,
    headers: keepCacheControl(headers, remote),
    compression,
    phase,
    ifGenerationMatch: remote?.generation ?? "0",
  };
}

/** Where no rule names one, what is there stays. */
const keepCacheControl = (headers: FileHeaders, remote: ObjectInfo | undefined): FileHeaders =>
  headers.cacheControl === undefined && remote?.cacheControl !== undefined
    ? { ...headers, cacheControl: remote.cacheControl }
    : headers;

/** Starts the listing at once; a failure is thrown where the pages are read, or nowhere if they are not. */
function prefetch<Page>(pages: AsyncGenerator<Page>): {
  readonly all: () => AsyncGenerator<Page>;
  readonly cancel: () => void;
} {
  const first = pages.next();
  first.catch(() => undefined);
  return {
    all: async function* () {
      for (let page = first; ; page = pages.next()) {
        const { value, done } = await page;
        if (done) return;
        yield value;
      }
    },
    cancel: () => void pages.return(undefined),
  };
}
