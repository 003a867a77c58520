// All that Cloud Run keeps, by kind.
import type { Collection, Store } from "../store/types.ts";
import type { Execution, Job, PinnedImage, Revision, Service, Task, WorkerPool } from "./model.ts";
import { createOperations, type Operations } from "./operations.ts";

/** What a revision was made with, beside what its resource shows. */
export type RevisionPin = {
  /** Known once the revision has been looked into. */
  readonly image?: PinnedImage;
  /** Generation of the service or pool that the revision came with. */
  readonly generation: string;
};

export type RunState = {
  readonly services: Collection<Service>;
  readonly workerPools: Collection<WorkerPool>;
  readonly revisions: Collection<Revision>;
  readonly pins: Collection<RevisionPin>;
  /** How many revisions a service or pool has had. */
  readonly revisionCounts: Collection<{ readonly count: number }>;
  readonly jobs: Collection<Job>;
  readonly executions: Collection<Execution>;
  /** Image of an execution, by its name. */
  readonly executionImages: Collection<PinnedImage>;
  readonly tasks: Collection<Task>;
  readonly operations: Operations;
};

export const openRunState = (store: Store): RunState => ({
  services: store.collection("run.services"),
  workerPools: store.collection("run.workerPools"),
  revisions: store.collection("run.revisions"),
  pins: store.collection("run.pins"),
  revisionCounts: store.collection("run.revisionCounts"),
  jobs: store.collection("run.jobs"),
  executions: store.collection("run.executions"),
  executionImages: store.collection("run.executionImages"),
  tasks: store.collection("run.tasks"),
  operations: createOperations(store),
});

/** All documents below a name's prefix, newest first, as every list of the API is. */
export const newestFirst = <Resource extends { readonly name: string; readonly createTime: string }>(
  collection: Collection<Resource>,
  prefix: string,
): readonly Resource[] =>
  collection
    .list({ prefix })
    .map(({ document }) => document)
    .sort((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1));

export const sortKey = ({ createTime, name }: { readonly name: string; readonly createTime: string }): string =>
  `${createTime} ${name}`;
