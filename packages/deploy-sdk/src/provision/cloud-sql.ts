// The database: instance, database and user, by https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4
import type { Database } from "@slipway/config";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import { SecretValue } from "../secret/secret-value.ts";
import type { Call } from "../target.ts";
import type { OperationWait, Rest } from "./rest.ts";

const instanceSchema = z.object({
  state: z.string().default("SQL_INSTANCE_STATE_UNSPECIFIED"),
  databaseVersion: z.string().optional(),
  settings: z.object({ tier: z.string().optional() }).default({}),
});
const databasesSchema = z.object({ items: z.array(z.object({ name: z.string() })).default([]) });

export type LiveDatabase = {
  readonly state: string;
  readonly version: string | undefined;
  readonly tier: string | undefined;
  readonly hasDatabase: boolean;
  readonly hasUser: boolean;
};

const instances = (project: string): string => `/sql/v1beta4/projects/${project}/instances`;

/** A custom machine: https://cloud.google.com/sql/docs/postgres/instance-settings */
export const tierOf = ({ cpu, memoryMb }: Database): string => `db-custom-${cpu}-${memoryMb}`;

export async function readDatabase(
  rest: Rest,
  project: string,
  database: Database,
  call: Call,
): Promise<LiveDatabase | undefined> {
  const path = `${instances(project)}/${database.instance}`;
  const found = await rest.get("sqladmin", path, call);
  if (found === undefined) return undefined;
  const { state, databaseVersion: version, settings } = instanceSchema.parse(found);
  const base = { state, version, tier: settings.tier };
  // Asked of an instance that is not running yet, the lists are refused.
  if (state !== "RUNNABLE") return { ...base, hasDatabase: false, hasUser: false };
  const [databases, users] = await Promise.all([
    rest.get("sqladmin", `${path}/databases`, call),
    rest.get("sqladmin", `${path}/users`, call),
  ]);
  const has = (list: unknown, name: string): boolean =>
    databasesSchema.parse(list ?? {}).items.some((item) => item.name === name);
  return { ...base, hasDatabase: has(databases, database.name), hasUser: has(users, database.user) };
}

/** Cloud SQL takes ten minutes and more for an instance. */
export const instanceDeadlineMs = 45 * 60_000;
export const sqlDeadlineMs = 10 * 60_000;

export const sqlOperation = (project: string, deadlineMs: number): OperationWait => ({
  api: "sqladmin",
  pathOf: (name) => `/sql/v1beta4/projects/${project}/operations/${name}`,
  deadlineMs,
});

/**
 * Public address without authorised networks, and connectors only: it is reached through /cloudsql by accounts with
 * cloudsql.client, and by nothing else. Custom machine sizes belong to the Enterprise edition.
 */
export const insertInstance = (
  rest: Rest,
  { project, region }: { readonly project: string; readonly region: string },
  database: Database,
  call: Call,
): Promise<unknown> =>
  rest.post(
    "sqladmin",
    instances(project),
    {
      name: database.instance,
      region,
      databaseVersion: database.version,
      settings: {
        tier: tierOf(database),
        edition: "ENTERPRISE",
        availabilityType: "ZONAL",
        storageAutoResize: true,
        dataDiskType: "PD_SSD",
        backupConfiguration: { enabled: true, pointInTimeRecoveryEnabled: true },
        ipConfiguration: { ipv4Enabled: true, authorizedNetworks: [] },
        connectorEnforcement: "REQUIRED",
        deletionProtectionEnabled: true,
      },
    },
    call,
  );

export const insertDatabase = (rest: Rest, project: string, { instance, name }: Database, call: Call) =>
  rest.post("sqladmin", `${instances(project)}/${instance}/databases`, { name, charset: "UTF8" }, call);

export const insertUser = (
  rest: Rest,
  project: string,
  { instance, user }: Database,
  password: SecretValue,
  call: Call,
) =>
  rest.post(
    "sqladmin",
    `${instances(project)}/${instance}/users`,
    { name: user, type: "BUILT_IN", password: password.reveal() },
    call,
  );

/**
 * `postgresql://user:password@/database?host=/cloudsql/P:R:I`: libpq's form of a socket, which psycopg, dj-database-url and
 * node-postgres read alike. https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export const databaseUrl = ({ user, name, connectionName }: Database, password: SecretValue): SecretValue =>
  new SecretValue(
    `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password.reveal())}@/${encodeURIComponent(name)}?host=/cloudsql/${connectionName}`,
  );

/** The password in such an address, for a user that has to be made again; any host may be in it. */
export function passwordOf(url: SecretValue, { user }: Database, { subject }: Call): SecretValue {
  const [, name = "", password = ""] = /^[a-z0-9+]+:\/\/([^:@/]*):([^@/]*)@/.exec(url.reveal()) ?? [];
  const decoded = decode(password);
  if (decode(name) === user && decoded) return new SecretValue(decoded);
  throw new DeployError("precondition-failed", {
    subject,
    message: `user "${user}" does not exist in the database, and the address in the secret does not name it with a password`,
    hint: "correct the secret, or create the user: gcloud sql users create",
  });
}

/** undefined: not an encoded text. */
function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
