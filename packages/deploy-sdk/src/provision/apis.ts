// Which of Google's APIs a stack needs. Pure.
import type { Stack } from "@slipway/config";
import { purgesCloudCdn } from "./plan-cdn.ts";

export function apisOf(stack: Stack): readonly string[] {
  const { database, redis } = stack;
  return [
    "artifactregistry.googleapis.com",
    ...(purgesCloudCdn(stack) ? ["compute.googleapis.com"] : []),
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    // Workload Identity Federation gets its tokens from there and from sts, and who asks a private service from there.
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    ...(database ? ["sqladmin.googleapis.com"] : []),
    ...(redis?.kind === "memorystore" ? ["redis.googleapis.com"] : []),
    "storage.googleapis.com",
    "sts.googleapis.com",
  ];
}
