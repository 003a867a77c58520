// IAM policies as resources of the services here hold them. https://cloud.google.com/iam/docs/reference/rest/v1/Policy
import { createHash } from "node:crypto";
import { isObject, type JsonObject } from "../json/json-object.ts";
import { GoogleError } from "../server/google-error.ts";
import { DEVELOPER } from "../server/principal.ts";
import type { StoredPolicy } from "../server/types.ts";
import type { Store } from "../store/types.ts";
import { findRole } from "./roles/role-table.ts";

export type Policies = {
  /** The stored policy, else the default: of a project, that the developer owns it. */
  readonly find: (resource: string) => StoredPolicy | undefined;
  /** What a caller sees; a resource without a policy has an empty one. */
  readonly get: (resource: string) => StoredPolicy;
  /**
   * Replaces it by `policy`, as a caller sent it.
   * @throws {GoogleError} ABORTED when its etag is not the current one; INVALID_ARGUMENT; UNIMPLEMENTED for conditions.
   */
  readonly set: (resource: string, policy: unknown) => StoredPolicy;
  readonly remove: (resource: string) => void;
};

/** Of a policy that was never set, as Google gives it. */
const initialEtag = "ACAB";
const maxMembers = 1_500;

/** @param accountExists is asked for service accounts of the local cloud's projects. */
export function createPolicies(store: Store, accountExists: (email: string) => boolean): Policies {
  const stored = store.collection<StoredPolicy>("iam.policies");
  const find = (resource: string): StoredPolicy | undefined => stored.get(resource) ?? defaultPolicy(resource);
  const get = (resource: string): StoredPolicy => find(resource) ?? { version: 1, etag: initialEtag, bindings: [] };
  return {
    find,
    get,
    set: (resource, sent) => {
      const current = get(resource);
      const { etag, bindings } = parsePolicy(sent);
      if (etag !== undefined && etag !== current.etag) throw conflict();
      for (const account of bindings.flatMap(({ members }) => members.map(serviceAccountOf))) {
        if (account === undefined || accountExists(account)) continue;
        throw new GoogleError("INVALID_ARGUMENT", `Service account ${account} does not exist.`);
      }
      const next = { ...current, version: 1, bindings, etag: nextEtag(current.etag, bindings) };
      stored.put(resource, next);
      return next;
    },
    remove: (resource) => void stored.delete(resource),
  };
}

const conflict = (): GoogleError =>
  new GoogleError(
    "ABORTED",
    "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
  );

const defaultPolicy = (resource: string): StoredPolicy | undefined =>
  /^projects\/[^/]+$/.test(resource)
    ? { version: 1, etag: initialEtag, bindings: [{ role: "roles/owner", members: [`user:${DEVELOPER}`] }] }
    : undefined;

/** Base64 of hexadecimal digits: it has neither `+` nor `/`, which gcloud would send back as `-` and `_`. */
const nextEtag = (before: string, bindings: StoredPolicy["bindings"]): string => {
  const digest = createHash("sha256").update(before).update(JSON.stringify(bindings)).digest("hex");
  return Buffer.from(digest.slice(0, 12)).toString("base64");
};

/** `serviceAccount:a@p.iam.gserviceaccount.com` → its email; Google's own accounts are not asked for. */
const serviceAccountOf = (member: string): string | undefined =>
  /^serviceAccount:([^@]+@(?!gcp-sa-)[^@]+\.iam\.gserviceaccount\.com)$/.exec(member)?.[1];

type SentPolicy = { readonly etag: string | undefined; readonly bindings: StoredPolicy["bindings"] };

function parsePolicy(sent: unknown): SentPolicy {
  if (!isObject(sent)) throw new GoogleError("INVALID_ARGUMENT", "The request must have a policy.");
  const { etag, bindings = [], auditConfigs = [] } = sent;
  if (!Array.isArray(auditConfigs) || auditConfigs.length > 0)
    throw new GoogleError("UNIMPLEMENTED", "The local cloud does not have audit configurations in policies.");
  if (etag !== undefined && typeof etag !== "string") throw new GoogleError("INVALID_ARGUMENT", "Invalid policy etag.");
  if (!Array.isArray(bindings)) throw new GoogleError("INVALID_ARGUMENT", "policy.bindings must be a list.");
  const merged = mergeBindings(bindings.map(parseBinding));
  if (merged.reduce((count, { members }) => count + members.length, 0) > maxMembers) {
    throw new GoogleError("INVALID_ARGUMENT", `A policy has at most ${maxMembers} principals.`);
  }
  return { etag: etag || undefined, bindings: merged };
}

type Binding = { readonly role: string; readonly members: readonly string[] };

function parseBinding(binding: unknown): Binding {
  const { role, members = [], condition }: JsonObject = isObject(binding) ? binding : {};
  if (typeof role !== "string" || !/^(?:projects\/[^/]+\/)?roles\/[\w.]+$/.test(role)) {
    throw new GoogleError("INVALID_ARGUMENT", `Role (${String(role).slice(0, 100)}) is not a valid role name.`);
  }
  if (!findRole(role)) throw new GoogleError("UNIMPLEMENTED", `The local cloud does not know what ${role} grants.`);
  if (condition !== undefined && condition !== null) {
    throw new GoogleError("UNIMPLEMENTED", "The local cloud does not evaluate conditions of role bindings.");
  }
  if (!Array.isArray(members)) throw new GoogleError("INVALID_ARGUMENT", "members must be a list.");
  return { role, members: members.map(parseMember) };
}

/** https://cloud.google.com/iam/docs/principal-identifiers */
const memberPattern =
  /^(?:allUsers|allAuthenticatedUsers|(?:user|serviceAccount|group):[^@\s]+@[^@\s]+|domain:[^@\s]+|(?:principal|principalSet):\/\/\S+|deleted:\S+|project(?:Owner|Editor|Viewer):\S+)$/;

function parseMember(member: unknown): string {
  if (typeof member === "string" && member.length <= 1_000 && memberPattern.test(member)) return member;
  throw new GoogleError("INVALID_ARGUMENT", `Invalid member "${String(member).slice(0, 100)}" in the policy.`);
}

/** One binding a role, without doubles, in a stable order: as Google returns it. */
function mergeBindings(bindings: readonly Binding[]): readonly Binding[] {
  const byRole = Map.groupBy(bindings, ({ role }) => role);
  return [...byRole]
    .map(([role, same]) => ({ role, members: [...new Set(same.flatMap(({ members }) => members))].sort() }))
    .filter(({ members }) => members.length > 0)
    .sort((one, other) => (one.role < other.role ? -1 : 1));
}
