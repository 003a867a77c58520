import type { CloudContext } from "../server/types.ts";
import type { BucketStore } from "./bucket-store.ts";
import type { ObjectStore } from "./object-store.ts";

/** What the handlers of Cloud Storage work with. */
export type StorageContext = {
  readonly cloud: Pick<CloudContext, "authorize" | "allows" | "dispatch" | "now" | "log">;
  readonly buckets: BucketStore;
  readonly objects: ObjectStore;
};
