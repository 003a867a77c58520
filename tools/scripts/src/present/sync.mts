// A bucket sync as people read it. Pure.
import { type SyncAction, type SyncPlan, showPath } from "@slipway/deploy-sdk/sync";
import { formatBytes, formatDuration } from "./format.mts";

export function syncActionLine(action: SyncAction): string {
  const name = showPath(action.name);
  switch (action.kind) {
    case "create":
      return `  + create ${name}  ${formatBytes(action.sizeBytes)}`;
    case "update":
      return `  ~ update ${name}  ${formatBytes(action.sizeBytes)}`;
    case "patch":
      return `  ~ update ${name}  ${action.details.join(", ")}`;
    case "delete":
      return `  - delete ${name}`;
  }
}

/** `gs://site: 2 created, 1 deleted; 48 as they should be; 3.1 kB uploaded (0.4 s)` */
export function syncSummary({ address, totals, noop }: SyncPlan, planned: boolean, tookMs: number): string {
  const place = `gs://${address.bucket}${address.prefix ? `/${address.prefix}` : ""}`;
  const words = planned ? future : past;
  const counts = (["create", "update", "patch", "delete"] as const).flatMap((kind) =>
    totals[kind] > 0 ? [`${totals[kind]} ${words[kind]}`] : [],
  );
  const parts = [
    noop ? "nothing to do" : counts.join(", "),
    `${totals.keep} as they should be`,
    ...(totals.extra > 0 ? [`${totals.extra} that no file stands for (--delete removes them)`] : []),
    ...(totals.uploadBytes > 0 ? [`${formatBytes(totals.uploadBytes)} ${words.upload}`] : []),
  ];
  return `${place}: ${parts.join("; ")} (${formatDuration(tookMs)})`;
}

const past = {
  create: "created",
  update: "updated",
  patch: "with new headers",
  delete: "deleted",
  upload: "uploaded",
} as const;
const future = {
  create: "to create",
  update: "to update",
  patch: "to get new headers",
  delete: "to delete",
  upload: "to upload; nothing was changed",
} as const;
