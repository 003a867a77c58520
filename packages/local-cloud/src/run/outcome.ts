// Pure. What should run, by what was asked for and what is ready: the decision, and how its conditions tell it.
import { condition, failed, hasFailed, isReady, succeeded } from "./conditions.ts";
import type { Condition, Revision, TrafficTarget, TrafficTargetStatus } from "./model.ts";
import { shortName } from "./resource-names.ts";
import type { RevisionVerdict } from "./revision-starter.ts";
import { notReady } from "./start-failure.ts";
import { isLatest, resolveTraffic } from "./traffic.ts";

export type OutcomeFailure = {
  /** gRPC's. */
  readonly code: number;
  readonly message: string;
  /** Is it the shares that cannot be had, rather than the revision that came with the change? */
  readonly routes: boolean;
} & Pick<Condition, "reason" | "revisionReason">;

export type Outcome = { readonly statuses: readonly TrafficTargetStatus[] } | { readonly failure: OutcomeFailure };

export type Situation = {
  readonly targets: readonly TrafficTarget[];
  /** Revision that was made last. */
  readonly created: Revision;
  /** Did it come with the change that is looked at? Else only shares or settings changed. */
  readonly isNew: boolean;
  /** Short name of the revision that was the latest ready one before. */
  readonly latestReady: string | undefined;
  readonly findRevision: (shortName: string) => Revision | undefined;
  readonly uriOfTag: (tag: string) => string;
};

const codes: Readonly<Record<string, number>> = { CONTAINER_MISSING: 5, INTERNAL: 13 };
const failedPrecondition = 9;

export const isPending = (revision: Revision): boolean => !isReady(revision) && !hasFailed(revision);

export function revisionFailure(revision: Revision, routes = false): OutcomeFailure {
  const { message = "", reason, revisionReason } = revision.conditions.find(({ type }) => type === "Ready") ?? {};
  return {
    code: codes[reason ?? ""] ?? failedPrecondition,
    message: notReady(shortName(revision.name), { message }),
    routes,
    ...(reason && { reason }),
    ...(revisionReason && { revisionReason }),
  };
}

const missingRevision = (name: string): OutcomeFailure => ({
  code: 5,
  message: `Revision '${name}' does not exist or is deleted. Update all traffic to route to currently available revisions.`,
  routes: true,
});

/** The first revision that is named and cannot be had; "pending" where that is not known yet. */
const checkNamed = ({ targets, findRevision }: Situation): OutcomeFailure | "pending" | undefined => {
  for (const { revision: name = "" } of targets.filter((target) => !isLatest(target))) {
    const revision = findRevision(name);
    if (revision === undefined) return missingRevision(name);
    if (hasFailed(revision)) return revisionFailure(revision, true);
    if (isPending(revision)) return "pending";
  }
  return undefined;
};

/** Undefined while a revision's verdict is awaited. */
export function decideOutcome(situation: Situation): Outcome | undefined {
  const { targets, created, isNew, uriOfTag } = situation;
  if (isNew && isPending(created)) return undefined;
  if (isNew && hasFailed(created)) return { failure: revisionFailure(created) };
  const latestReady = isReady(created) ? shortName(created.name) : situation.latestReady;
  if (targets.some(isLatest) && latestReady === undefined) {
    return isPending(created) ? undefined : { failure: revisionFailure(created) };
  }
  const named = checkNamed(situation);
  if (named === "pending") return undefined;
  return named ? { failure: named } : { statuses: resolveTraffic(targets, latestReady, uriOfTag) };
}

/** Ready first, then `types`. */
export function outcomeConditions(outcome: Outcome, types: readonly string[], now: Date): readonly Condition[] {
  if ("statuses" in outcome) return ["Ready", ...types].map((type) => succeeded(type, now));
  const { failure } = outcome;
  return ["Ready", ...types].map((type) => {
    const isRoutes = type === "RoutesReady";
    if (type === "Ready" || isRoutes === failure.routes) return failed(type, now, failure);
    return isRoutes ? condition(type, "CONDITION_RECONCILING", now) : succeeded(type, now);
  });
}

export const verdictConditions = (verdict: RevisionVerdict, now: Date): readonly Condition[] => {
  if (verdict.ready) {
    const types = ["Ready", "Active", "ResourcesAvailable", "ContainerHealthy", "ContainerReady"];
    return types.map((type) => succeeded(type, now));
  }
  const { failure } = verdict;
  return [
    failed("Ready", now, failure),
    failed("ContainerHealthy", now, failure),
    succeeded("ResourcesAvailable", now),
  ];
};
