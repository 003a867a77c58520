// Which of Google's APIs a stack needs. Pure.
import type { Stack } from "@slipway/config";

export function apisOf({ database, redis }: Stack): readonly string[] {
  return [
    "artifactregistry.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    // Workload Identity Federation gets its tokens there.
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    ...(database ? ["sqladmin.googleapis.com"] : []),
    ...(redis?.kind === "memorystore" ? ["redis.googleapis.com"] : []),
    "storage.googleapis.com",
  ];
}
