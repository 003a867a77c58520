// Every role that the local cloud knows, by name.
import { artifactRegistryRoles } from "./artifact-registry.ts";
import { cloudSqlRoles } from "./cloud-sql.ts";
import { platformRoles } from "./platform.ts";
import type { Role } from "./role.ts";
import { runRoles } from "./run.ts";
import { secretManagerRoles } from "./secret-manager.ts";
import { storageRoles } from "./storage.ts";

const predefined: readonly Role[] = [
  ...artifactRegistryRoles,
  ...cloudSqlRoles,
  ...platformRoles,
  ...runRoles,
  ...secretManagerRoles,
  ...storageRoles,
];

const all = [...new Set(predefined.flatMap(({ permissions }) => permissions))].sort();

/** "Permissions for read-only actions that do not affect state": payloads of secrets and credentials are not among them. */
const isRead = (permission: string): boolean => /\.(?:get|list|listServerCas|getIamPolicy)$/.test(permission);

/**
 * What the editor role leaves to the owner: access policies, impersonation and secrets' values. Of storage it has only the
 * making, removing and listing of buckets: what is in them is granted to `projectEditor` by the buckets themselves.
 */
const isOwners = (permission: string): boolean =>
  /\.setIamPolicy$/.test(permission) ||
  /^iam\.serviceAccounts\.(?:getAccessToken|getOpenIdToken|implicitDelegation|signBlob|signJwt)$/.test(permission) ||
  permission === "secretmanager.versions.access" ||
  (permission.startsWith("storage.") && !/^storage\.buckets\.(?:create|delete|list)$/.test(permission));

/**
 * The basic roles hold thousands of permissions; here, those of the predefined roles that belong to them.
 * https://cloud.google.com/iam/docs/roles-overview#basic
 */
const basic: readonly Role[] = [
  { name: "roles/owner", title: "Owner", permissions: all },
  { name: "roles/editor", title: "Editor", permissions: all.filter((permission) => !isOwners(permission)) },
  { name: "roles/viewer", title: "Viewer", permissions: all.filter((name) => isRead(name) && !isOwners(name)) },
].map((role) => ({ ...role, reference: "https://cloud.google.com/iam/docs/roles-overview#basic" }));

const byName: ReadonlyMap<string, Role> = new Map([...predefined, ...basic].map((role) => [role.name, role]));
const granted: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...byName].map(([name, { permissions }]) => [name, new Set(permissions)]),
);

export const findRole = (name: string): Role | undefined => byName.get(name);
export const listRoles = (): readonly Role[] => [...byName.values()];
export const knownPermissions: readonly string[] = all;

/** Owners may do everything, also what no row of the table names. */
export const roleGrants = (role: string, permission: string): boolean =>
  role === "roles/owner" || (granted.get(role)?.has(permission) ?? false);
