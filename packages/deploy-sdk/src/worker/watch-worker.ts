// Whether a worker lives. It has no address to ask, and its pool is ready as soon as its instances have started once: what
// tells is that it stays ready, and what the platform writes into its log when an instance ends or is refused.
import { lastLines, notReady } from "../container/not-ready.ts";
import type { RevisionSteps } from "../container/plan-revision.ts";
import { DeployError } from "../deploy-error.ts";
import type { Call, LogLine, LogQuery, ServiceSpec, Target, WorkerSpec, WorkloadTarget } from "../target.ts";
import type { ReleaseContext } from "../types.ts";

export type WatchedWorker<Spec> = {
  readonly unit: string;
  readonly steps: RevisionSteps<Spec>;
  readonly workloads: WorkloadTarget<Spec>;
  readonly kind: LogQuery["kind"];
  readonly hint: (reason: string) => string | undefined;
};

const lookEveryMs = 1000;
/** Cloud Logging allows a project 60 reads a minute: a long watch looks less often. */
const mostLooks = 10;

/**
 * @throws {DeployError} `not-ready`; `unhealthy` where its instances do not stay; what reading the log failed with, where the
 *   environment's gate is required
 */
export async function watchWorker<Spec extends WorkerSpec | ServiceSpec>(
  worker: WatchedWorker<Spec>,
  target: Target,
  context: ReleaseContext,
  call: Call,
): Promise<void> {
  const { runtime, stack, emit } = context;
  const { watchMs } = stack.environment.gate;
  const looks = Math.min(mostLooks, Math.ceil(watchMs / lookEveryMs));
  const startedAt = runtime.now();
  let readable = true;
  for (let look = 0; ; look += 1) {
    const since = await requireReady(worker, startedAt, target, context, call);
    if (readable) readable = await requireLife(worker, since, target, context, call);
    emit({ type: "progress", unit: worker.unit, label: "watched", done: look, total: looks });
    if (look === looks) return;
    await runtime.sleep(watchMs / looks, call.signal);
  }
}

/** @returns since when it has its instances, by the platform's clock */
async function requireReady<Spec>(
  { steps: { resource: name, revision: source }, workloads, kind, hint }: WatchedWorker<Spec>,
  startedAt: Date,
  target: Target,
  { runtime }: ReleaseContext,
  call: Call,
): Promise<string> {
  const live = await workloads.get(name, call);
  const readiness = live?.readiness;
  if (live && readiness?.state === "ready") return live.updatedAt ?? startedAt.toISOString();
  const reason = readiness?.state === "failed" ? readiness.reason : "";
  const query = { kind, name, source };
  throw await notReady({ target, query, readiness, failure: undefined, hint: hint(reason), runtime }, call);
}

/** @returns whether the log could be read */
async function requireLife<Spec extends WorkerSpec | ServiceSpec>(
  { unit, steps, kind }: WatchedWorker<Spec>,
  since: string,
  target: Target,
  { runtime, stack, emit }: ReleaseContext,
  call: Call,
): Promise<boolean> {
  const query = { kind, name: steps.resource, source: steps.revision };
  try {
    const lines = await target.logs.read({ ...query, since, platform: true, limit: 100 }, call);
    const trouble = troubleIn(lines, instancesOf(steps.spec));
    if (trouble.length === 0) return true;
    throw new DeployError("unhealthy", {
      subject: call.subject,
      message: `revision ${steps.revision} does not stay up: ${trouble.at(-1)}`,
      hint: `pnpm logs ${unit} --env ${stack.environment.name}`,
      details: await lastLines(target, query, runtime, call),
    });
  } catch (error) {
    const unread = error instanceof DeployError && error.code !== "unhealthy" && !call.signal.aborted;
    if (!unread || stack.environment.gate.required) throw error;
    const message = `whether its instances live is not known: the log cannot be read: ${error.message}`;
    emit({ type: "warning", unit, message, ...(error.hint !== undefined && { hint: error.hint }) });
    return false;
  }
}

const instancesOf = (spec: WorkerSpec | ServiceSpec): number => ("instances" in spec ? spec.instances : spec.min);

const quiet: ReadonlySet<string> = new Set(["DEFAULT", "DEBUG", "INFO", "NOTICE"]);

/** What the platform complains of: an exit, a kill, too little memory. Starts one after another tell of exits without an error. */
function troubleIn(lines: readonly LogLine[], instances: number): readonly string[] {
  const complaints = lines.filter(({ severity }) => !quiet.has(severity)).map(({ text }) => text);
  const started = new Set(lines.map(({ instance }) => instance).filter((id) => id !== "")).size;
  // Twice as many may be: those that the revision was tried with before it got its share.
  return complaints.length === 0 && started > 2 * instances + 1
    ? [`${started} instances were started for ${instances}`]
    : complaints;
}
