// What Cloud Storage's API takes here without doing anything for it.
import type { IgnoredField } from "../server/types.ts";

export const ignoredParameters: readonly IgnoredField[] = [
  { field: "projection", why: "there are no access control lists that `full` would show" },
  { field: "userProject", why: "nothing is billed" },
  { field: "predefinedAcl", why: "what opens nothing is taken: a policy grants a project's members the same" },
  { field: "includeFoldersAsPrefixes", why: "there are no managed folders" },
  { field: "optionsRequestedPolicyVersion", why: "there are no conditions, so every version is the same" },
  { field: "Bucket.lifecycle", why: "kept and shown; no rule is carried out" },
  { field: "Bucket.logging", why: "kept and shown; no access is logged" },
  { field: "Bucket.location", why: "all buckets are in the data folder" },
  { field: "Bucket.storageClass", why: "all contents are kept alike; the same of an object's" },
];
