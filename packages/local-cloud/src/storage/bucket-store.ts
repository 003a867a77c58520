// Buckets and their policies in the cloud's own state. Few and read with every call, so they are kept in memory too.
import type { StoredPolicy } from "../server/types.ts";
import type { Store } from "../store/types.ts";
import { defaultPolicy } from "./bucket-policy.ts";
import type { BucketConfig, BucketRecord } from "./bucket-record.ts";
import { noSuchBucket, StorageError } from "./storage-error.ts";

export type BucketStore = {
  readonly find: (name: string) => BucketRecord | undefined;
  /** Throws 404. */
  readonly require: (name: string) => BucketRecord;
  /** Throws 409 where the name is taken, by whichever project. */
  readonly create: (name: string, project: string, config: BucketConfig) => BucketRecord;
  readonly update: (bucket: BucketRecord, config: BucketConfig) => BucketRecord;
  readonly delete: (name: string) => void;
  /** Of one project, or of all of them; ordered by name. */
  readonly list: (project?: string) => readonly BucketRecord[];
  readonly policy: (name: string) => StoredPolicy;
  readonly setPolicy: (name: string, policy: StoredPolicy) => void;
};

/** Under which a bucket's policy is kept: see StoredPolicy. */
export const bucketResourceName = (name: string): string => `buckets/${name}`;

const taken = (existing: BucketRecord, project: string): StorageError =>
  new StorageError(
    "conflict",
    existing.project === project
      ? "Your previous request to create the named bucket succeeded and you already own it."
      : "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
  );

export const createBucketStore = (store: Store, now: () => Date): BucketStore => {
  const records = store.collection<BucketRecord>("storage.buckets");
  const policies = store.collection<StoredPolicy>("iam.policies");
  const buckets = new Map(records.list().map(({ name, document }) => [name, document]));

  const save = (bucket: BucketRecord): BucketRecord => {
    records.put(bucket.name, bucket);
    buckets.set(bucket.name, bucket);
    return bucket;
  };

  return {
    find: (name) => buckets.get(name),
    require: (name) => {
      const bucket = buckets.get(name);
      if (bucket === undefined) throw noSuchBucket();
      return bucket;
    },
    create: (name, project, config) => {
      const existing = buckets.get(name);
      if (existing !== undefined) throw taken(existing, project);
      const time = now().toISOString();
      const generation = now().getTime() * 1000;
      return store.transaction(() => {
        policies.put(bucketResourceName(name), defaultPolicy(project));
        return save({ name, project, generation, metageneration: 1, timeCreated: time, updated: time, config });
      });
    },
    update: (bucket, config) =>
      save({ ...bucket, config, metageneration: bucket.metageneration + 1, updated: now().toISOString() }),
    delete: (name) => {
      store.transaction(() => {
        records.delete(name);
        policies.delete(bucketResourceName(name));
      });
      buckets.delete(name);
    },
    list: (project) =>
      [...buckets.values()]
        .filter((bucket) => project === undefined || bucket.project === project)
        .sort((left, right) => (left.name < right.name ? -1 : 1)),
    policy: (name) => policies.get(bucketResourceName(name)) ?? defaultPolicy(buckets.get(name)?.project ?? ""),
    setPolicy: (name, policy) => policies.put(bucketResourceName(name), policy),
  };
};
