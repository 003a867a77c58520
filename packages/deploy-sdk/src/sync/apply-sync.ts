// Does what a plan says and nothing else: every write finds what the plan saw there, or it is refused.
import { rmSync } from "node:fs";
import { DeployError } from "../deploy-error.ts";
import type { ObjectStore, Throttle } from "../google/object-store.ts";
import { countProgress, type Progress } from "./count-progress.ts";
import { type Phase, phases } from "./phase.ts";
import { type Limits, runPhases, type Task } from "./run-phases.ts";
import type { SyncAction, SyncPlan, SyncProgress } from "./sync-types.ts";
import { uploadFile, uploadHolds } from "./upload-file.ts";
import { anotherWasFirst } from "./write-conflict.ts";

export type ApplySyncOptions = {
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  readonly limits?: Partial<Limits>;
  readonly throttle?: Throttle;
  /** Deletes allowed. Default: a quarter of the objects, at least 50. */
  readonly maxDeletes?: number;
  /** Deletes past that limit are meant. */
  readonly force?: boolean;
  /** The cache that the plan was made with: dropped where a file turns out not to be what it said. */
  readonly cacheFile?: string;
  readonly onProgress?: (progress: SyncProgress) => void;
};

/** 128 at once is where 2,000 small files at 30 ms a request stop getting faster; 32 MiB bounds the memory. */
export const defaultLimits: Limits = { concurrency: 128, bytesInFlight: 32 * 2 ** 20 };

/**
 * @throws DeployError `too-many-deletes` before anything is written; `precondition-failed` where another changed an
 * object, `conflict` where the folder changed since. What was done stays done, and running again goes on from there.
 */
export async function applySync(plan: SyncPlan, options: ApplySyncOptions): Promise<void> {
  const refusal = deletesError(plan, options);
  if (refusal) throw refusal;
  if (plan.noop) return;
  const progress = createProgress(plan.actions, options.onProgress);
  const phased = [...phases, "delete" as const].map((phase) => tasksOf(phase, plan, options, progress));
  try {
    await runPhases(phased, { ...defaultLimits, ...options.limits }, options.signal);
  } catch (error) {
    // A wrong checksum in the cache looks like a file that changed: read everything afresh next time.
    if (options.cacheFile !== undefined && error instanceof DeployError && error.code === "conflict")
      rmSync(options.cacheFile, { force: true });
    throw error;
  }
}

export const defaultMaxDeletes = ({ totals }: SyncPlan): number =>
  Math.max(50, Math.ceil((totals.keep + totals.patch + totals.update + totals.delete + totals.extra) / 4));

/** Why this plan would not be applied; undefined where it would be. */
export function deletesError(
  plan: SyncPlan,
  { maxDeletes = defaultMaxDeletes(plan), force = false }: Pick<ApplySyncOptions, "maxDeletes" | "force">,
): DeployError | undefined {
  if (force || plan.totals.delete <= maxDeletes) return undefined;
  return new DeployError("too-many-deletes", {
    subject: `gs://${plan.address.bucket}/${plan.address.prefix}`,
    message: `the plan deletes ${plan.totals.delete} objects, more than the ${maxDeletes} that are allowed at once`,
    hint: "look at it with --plan; then --force, or --max-delete with a number",
  });
}

/** Made one by one as they are started: a task for every file of 100,000 would be most of the memory. */
function* tasksOf(
  phase: Phase | "delete",
  plan: SyncPlan,
  options: ApplySyncOptions,
  progress: Progress,
): Generator<Task> {
  for (const action of plan.actions)
    if ((action.kind === "delete" ? "delete" : action.phase) === phase) yield taskOf(action, plan, options, progress);
}

function taskOf(action: SyncAction, plan: SyncPlan, options: ApplySyncOptions, progress: Progress): Task {
  return {
    holdsBytes: action.kind === "create" || action.kind === "update" ? uploadHolds(action) : 0,
    run: async (signal) => {
      await perform(action, plan, { ...options, signal }, progress);
      progress.done();
    },
  };
}

async function perform(
  action: SyncAction,
  { folder }: SyncPlan,
  { store, signal, throttle }: ApplySyncOptions,
  progress: Progress,
): Promise<void> {
  if (action.kind === "create" || action.kind === "update") {
    await uploadFile(action, folder, { store, signal, onBytes: progress.bytes, ...(throttle && { throttle }) });
    return;
  }
  const outcome =
    action.kind === "patch" ? await store.patch({ ...action, signal }) : await store.delete({ ...action, signal });
  if (!outcome.written) throw anotherWasFirst(store.bucket, action.name, outcome.current);
}

function createProgress(actions: readonly SyncAction[], report: ApplySyncOptions["onProgress"]): Progress {
  const bytesTotal = actions.reduce((sum, action) => sum + uploadBytes(action), 0);
  return countProgress((done, bytesDone) => report?.({ done, total: actions.length, bytesDone, bytesTotal }));
}

const uploadBytes = (action: SyncAction): number =>
  action.kind === "create" || action.kind === "update" ? action.sizeBytes : 0;
