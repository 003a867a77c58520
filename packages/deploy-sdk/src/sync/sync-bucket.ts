// A folder to a bucket in one call.
import { DeployError } from "../deploy-error.ts";
import { type ApplySyncOptions, applySync } from "./apply-sync.ts";
import { type PlanSyncOptions, planSync } from "./plan-sync.ts";
import type { BucketAddress, SyncPlan } from "./sync-types.ts";

export type SyncBucketOptions = PlanSyncOptions & Omit<ApplySyncOptions, "store" | "signal" | "force" | "cacheFile">;

/** Makes the objects below a prefix equal to a folder's files, and returns what there was to do. */
export async function syncBucket(options: SyncBucketOptions): Promise<SyncPlan> {
  const plan = await planSync(options);
  await applySync(plan, options);
  return plan;
}

/**
 * `gs://bucket/some/prefix` → the bucket and `some/prefix/`.
 * @throws DeployError `usage`
 */
export function parseBucketAddress(text: string): BucketAddress {
  const [, bucket, path = ""] = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/(.*))?$/s.exec(text) ?? [];
  if (bucket === undefined)
    throw wrongAddress(text, "it is not gs:// and the name of a bucket (3 or more of a-z, 0-9, dots, dashes)");
  const parts = path.replace(/\/$/, "").split("/");
  if (path !== "" && parts.some((part) => part === "" || part === "." || part === ".."))
    throw wrongAddress(text, "its prefix has an empty part, `.` or `..`");
  if (/\p{Cc}/u.test(path)) throw wrongAddress(text, "its prefix has a control character");
  return { bucket, prefix: path === "" ? "" : `${parts.join("/")}/` };
}

const wrongAddress = (text: string, message: string): DeployError =>
  new DeployError("usage", { subject: JSON.stringify(text), message, hint: "such as gs://app.example.com/docs" });
