// What services and worker pools have in common: a template that makes revisions, and shares that say which of them run.
import type { Collection } from "../store/types.ts";
import type { PoolLimits } from "./instance-pool.ts";
import type { Revision, Service, TrafficTarget, TrafficTargetStatus, WorkerPool } from "./model.ts";
import type { ResourceName } from "./resource-names.ts";

export type Revisioned = Service | WorkerPool;

export type RevisionedKind<Resource extends Revisioned = Revisioned> = {
  readonly resources: Collection<Resource>;
  /** `google.cloud.run.v2.Service` */
  readonly type: string;
  readonly targets: (resource: Resource) => readonly TrafficTarget[];
  /** What runs now. */
  readonly statuses: (resource: Resource) => readonly TrafficTargetStatus[];
  readonly withStatuses: (resource: Resource, statuses: readonly TrafficTargetStatus[]) => Resource;
  readonly uriOfTag: (name: ResourceName, tag: string) => string;
  /** @param percent the revision's share; undefined where only a tag reaches it, or nothing does */
  readonly limits: (resource: Resource, revision: Revision, share: RevisionShare) => PoolLimits;
  /** Is a new revision ready without having been started? */
  readonly skipsCheck: (resource: Resource) => boolean;
  /** How long requests that it still has may take. */
  readonly drainMs: (revision: Revision) => number;
  /** Conditions beside Ready, in the order that the API gives them. */
  readonly conditionTypes: readonly string[];
  /** Called after every change of what runs; undefined: it was deleted. */
  readonly onChanged: (name: string, resource: Resource | undefined) => void;
  /** Addresses as they are since the cloud listens; called when it starts. */
  readonly refresh: (resource: Resource) => Resource;
};

export type RevisionShare = { readonly percent: number; readonly reachable: boolean };
