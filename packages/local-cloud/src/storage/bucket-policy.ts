// Who may do what with a bucket: https://cloud.google.com/storage/docs/access-control/iam
import { createHash } from "node:crypto";
import type { StoredPolicy } from "../server/types.ts";
import type { BucketRecord } from "./bucket-record.ts";
import { asText, asTextList, invalidValue, isJsonObject, type JsonObject } from "./json-value.ts";
import { conditionNotMet } from "./preconditions.ts";
import { notImplementedHere, StorageError } from "./storage-error.ts";

type Binding = StoredPolicy["bindings"][number];

/** Base64 of hexadecimal digits: it has neither `+` nor `/`, which gcloud would send back as `-` and `_`. */
const etagFor = (bindings: readonly Binding[], salt: string): string => {
  const digest = createHash("sha256")
    .update(JSON.stringify([bindings, salt]))
    .digest("hex");
  return Buffer.from(digest.slice(0, 9)).toString("base64");
};

/** What Google gives a new bucket: https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles-modifiable */
export const defaultPolicy = (project: string): StoredPolicy => {
  const writers = [`projectEditor:${project}`, `projectOwner:${project}`];
  const readers = [`projectViewer:${project}`];
  const bindings = [
    { role: "roles/storage.legacyBucketOwner", members: writers },
    { role: "roles/storage.legacyBucketReader", members: readers },
    { role: "roles/storage.legacyObjectOwner", members: writers },
    { role: "roles/storage.legacyObjectReader", members: readers },
  ];
  return { version: 1, etag: etagFor(bindings, "new"), bindings, parent: `projects/${project}` };
};

/** https://cloud.google.com/storage/docs/access-control/iam#permissions-roles */
const memberPattern =
  /^(allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|projectOwner|projectEditor|projectViewer|deleted:\w+):\S+|principal(Set)?:\/\/\S+)$/;
const rolePattern = /^(roles|projects\/[^/]+\/roles|organizations\/[^/]+\/roles)\/[\w.]+$/;

const readBinding = (value: unknown): Binding => {
  if (!isJsonObject(value)) throw invalidValue("bindings", "a list of objects");
  const role = asText(value["role"], "bindings.role");
  if (!rolePattern.test(role)) throw invalidValue("bindings.role", `a role (${role.slice(0, 100)})`);
  const members = asTextList(value["members"] ?? [], "bindings.members");
  const unknown = members.find((member) => !memberPattern.test(member));
  if (unknown !== undefined) throw new StorageError("invalid", `Invalid member: ${unknown.slice(0, 200)}`, "members");
  const { condition } = value;
  return { role, members: [...new Set(members)], ...(isJsonObject(condition) && { condition }) };
};

const isPublicMember = (member: string): boolean => member === "allUsers" || member === "allAuthenticatedUsers";

/** The policy that a client sent. Throws 412 where its etag is not the present one's. */
export const readPolicy = (json: JsonObject, current: StoredPolicy, bucket: BucketRecord): StoredPolicy => {
  const { bindings: sent = [], etag } = json;
  if (!Array.isArray(sent)) throw invalidValue("bindings", "a list");
  if (typeof etag === "string" && etag !== "" && etag !== current.etag) throw conditionNotMet();
  const bindings = sent.map(readBinding).filter(({ members }) => members.length > 0);
  const prevented = bucket.config.iamConfiguration.publicAccessPrevention === "enforced";
  if (prevented && bindings.some(({ members }) => members.some(isPublicMember)))
    throw conditionNotMet(
      "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced.",
    );
  if (bindings.some(({ condition }) => condition !== undefined)) throw notImplementedHere("A condition in a policy");
  return {
    version: 1,
    etag: etagFor(bindings, current.etag),
    bindings,
    parent: `projects/${bucket.project}`,
  };
};

const withDot = (role: string): string => `roles/storage.${role}`;

/**
 * Roles by what they let do with objects: https://cloud.google.com/storage/docs/access-control/iam-roles. The legacy
 * object roles read without listing, the legacy bucket roles list without reading.
 */
const grantingRoles = {
  "storage.objects.get": [
    "admin",
    "objectAdmin",
    "objectUser",
    "objectViewer",
    "legacyObjectOwner",
    "legacyObjectReader",
  ],
  "storage.objects.list": [
    ...["admin", "objectAdmin", "objectUser", "objectViewer"],
    ...["legacyBucketOwner", "legacyBucketWriter", "legacyBucketReader"],
  ],
} as const;

/** May anyone, without an account? */
export const isPublic = (policy: StoredPolicy, permission: keyof typeof grantingRoles): boolean => {
  const roles: readonly string[] = grantingRoles[permission].map(withDot);
  return policy.bindings.some(({ role, members }) => members.includes("allUsers") && roles.includes(role));
};
