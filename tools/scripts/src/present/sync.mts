// A bucket sync as people read it. Pure.
import type { SyncAction, SyncPlan } from "@slipway/deploy-sdk";
import { formatBytes } from "./format.mts";

export function syncActionLine(action: SyncAction): string {
  switch (action.kind) {
    case "create":
      return `  + create ${action.name}  ${formatBytes(action.sizeBytes)}`;
    case "update":
      return `  ~ update ${action.name}  ${formatBytes(action.sizeBytes)}`;
    case "patch":
      return `  ~ update ${action.name}  ${action.details.join(", ")}`;
    case "delete":
      return `  - delete ${action.name}`;
  }
}

export function syncSummary({ address, totals, noop }: SyncPlan, planned: boolean): string {
  const place = `gs://${address.bucket}${address.prefix ? `/${address.prefix}` : ""}`;
  const kept = `${totals.keep} as they should be${totals.extra > 0 ? `, ${totals.extra} that no file stands for` : ""}`;
  if (noop) return `${place}: nothing to do, ${kept}`;
  const counts = (["create", "update", "patch", "delete"] as const).flatMap((kind) =>
    totals[kind] > 0 ? [`${totals[kind]} ${past[kind]}`] : [],
  );
  return `${place}: ${planned ? "would be " : ""}${counts.join(", ")}; ${kept}; ${formatBytes(totals.uploadBytes)} ${planned ? "to upload" : "uploaded"}`;
}

const past = { create: "created", update: "updated", patch: "with new headers", delete: "deleted" } as const;
