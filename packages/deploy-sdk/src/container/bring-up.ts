// Makes the revision that a plan names, or finds that it cannot become ready.
import { DeployError } from "../deploy-error.ts";
import type { Call, LogQuery, Settlement, Share, Target, WorkloadTarget } from "../target.ts";
import type { Runtime } from "../types.ts";
import { notReady } from "./not-ready.ts";
import type { RevisionSteps } from "./plan-revision.ts";
import { describeShares } from "./shares.ts";

export type BringUp<Spec> = {
  readonly steps: RevisionSteps<Spec>;
  readonly workloads: WorkloadTarget<Spec>;
  readonly target: Pick<Target, "logs">;
  readonly kind: LogQuery["kind"];
  /** Shares while it is being tried; undefined: the target's default, for what does not exist yet. */
  readonly shares: readonly Share[] | undefined;
  /** What to do when a revision does not come up, by the reason that it gives. */
  readonly hint: (reason: string) => string | undefined;
  readonly runtime: Pick<Runtime, "sleep">;
};

/** @throws {DeployError} `image-not-found`, `not-ready` with the container's last lines */
export async function bringUp<Spec>(
  { steps, workloads, target, kind, shares, hint, runtime }: BringUp<Spec>,
  call: Call,
): Promise<void> {
  const { resource: name, spec, revision, labels, generation } = steps;
  const settlement = await workloads.apply({ name, spec, revision, labels, shares, generation }, call);
  const made = await workloads.revision(name, revision, call);
  if (made?.readiness.state === "ready") return;
  const readiness = made?.readiness;
  const reason = readiness?.state === "failed" ? readiness.reason : "";
  const query = { kind, name, source: revision };
  throw await notReady({ target, query, readiness, failure: settlement.failure, hint: hint(reason), runtime }, call);
}

export function assertBuilt(image: string, imageUnit: string, { subject }: Call): void {
  if (image !== "") return;
  throw new DeployError("image-not-found", {
    subject,
    message: `image "${imageUnit}" has not been built from what is here now`,
    hint: `pnpm release ${imageUnit}`,
  });
}

/** Sets the shares and reads them back. @throws {DeployError} `remote-failed` where they are not so */
export async function share<Spec>(
  given: { readonly name: string; readonly shares: readonly Share[]; readonly workloads: WorkloadTarget<Spec> },
  call: Call,
): Promise<void> {
  const { name, shares, workloads } = given;
  const settlement: Settlement = await workloads.setShares({ name, shares }, call);
  const live = await workloads.get(name, call);
  const wrong = shares.filter(
    ({ revision, percent }) =>
      percent > 0 && !live?.serving.some((now) => now.revision === revision && now.percent === percent),
  );
  if (wrong.length === 0) return;
  throw new DeployError("remote-failed", {
    subject: call.subject,
    message: settlement.failure ?? `traffic was set, but is not so: ${describeShares(live?.serving ?? [])}`,
    retryable: true,
  });
}
