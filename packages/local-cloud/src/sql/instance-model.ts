// Pure. Instances as they are kept, and what of a request goes into them.
// https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances
import { isObject, type JsonObject } from "../json/json-object.ts";
import { undoneFields } from "../server/field-support.ts";
import { databaseFlags } from "./database-flags.ts";
import { instanceSupport, settingsSupport } from "./instance-support.ts";
import { invalidRequest, sqlError } from "./sql-error.ts";
import { checkTier, defaultEdition } from "./tier.ts";

export type ActivationPolicy = "ALWAYS" | "NEVER";

export type InstanceSettings = JsonObject & {
  readonly tier: string;
  readonly edition: string;
  readonly activationPolicy: ActivationPolicy;
  /** Grows with every change. */
  readonly settingsVersion: string;
};

export type InstanceRecord = {
  readonly project: string;
  readonly name: string;
  readonly region: string;
  /** `POSTGRES_15` */
  readonly databaseVersion: string;
  readonly state: "PENDING_CREATE" | "RUNNABLE" | "FAILED" | "PENDING_DELETE";
  readonly settings: InstanceSettings;
  readonly createTime: string;
};

export const majorOf = ({ databaseVersion }: Pick<InstanceRecord, "databaseVersion">): number =>
  Number(databaseVersion.slice("POSTGRES_".length));

export const instanceKey = (project: string, name: string): string => `${project}/${name}`;
export const connectionName = ({ project, region, name }: InstanceRecord): string => `${project}:${region}:${name}`;

const namePattern = /^[a-z](?:[a-z0-9-]{0,95}[a-z0-9])?$/;
const regionPattern = /^[a-z]+-[a-z]+\d+$/;
/** Versions that Cloud SQL offers: https://cloud.google.com/sql/docs/postgres/db-versions */
const versionPattern = /^POSTGRES_(9_6|1[0-9])$/;

/** @throws {GoogleError} 400 `invalid` for what Cloud SQL refuses; UNIMPLEMENTED for what only the local cloud cannot do. */
export function parseNewInstance(project: string, body: JsonObject, now: Date): InstanceRecord {
  const { name, databaseVersion, region = "us-central1" } = body;
  if (typeof name !== "string" || !namePattern.test(name)) {
    throw invalidRequest("the instance's name must be lower case letters, digits and hyphens, starting with a letter");
  }
  if (`${project}:${name}`.length > 98) throw invalidRequest("project and instance name together exceed 98 characters");
  if (typeof region !== "string" || !regionPattern.test(region))
    throw invalidRequest(`invalid region "${String(region)}"`);
  if (typeof databaseVersion !== "string") throw invalidRequest("databaseVersion is required");
  if (!versionPattern.test(databaseVersion)) {
    throw sqlError(
      "UNIMPLEMENTED",
      "invalid",
      `The local cloud has no ${databaseVersion.slice(0, 40)}: only POSTGRES_*.`,
    );
  }
  const settings = readSettings(body);
  return {
    ...{ project, name, region, databaseVersion, state: "PENDING_CREATE", createTime: now.toISOString() },
    settings: completeSettings(settings, databaseVersion, "1"),
  };
}

/** @throws {GoogleError} 412 when `settingsVersion` is not the current one. */
export function patchInstance(instance: InstanceRecord, body: JsonObject): InstanceRecord {
  const given = readSettings(body);
  const current = instance.settings.settingsVersion;
  if (given["settingsVersion"] !== undefined && String(given["settingsVersion"]) !== current) {
    throw sqlError("FAILED_PRECONDITION", "conditionNotMet", "The settings were changed in the meantime.", 412);
  }
  for (const fixed of ["region", "databaseVersion"] as const) {
    if (body[fixed] === undefined || body[fixed] === instance[fixed]) continue;
    throw sqlError("UNIMPLEMENTED", "invalid", `The local cloud does not change an instance's ${fixed}.`);
  }
  const settings = { ...mergeObjects(instance.settings, given), settingsVersion: current };
  const next = String(Number(current) + 1);
  return { ...instance, settings: completeSettings(settings, instance.databaseVersion, next) };
}

/** The settings of a request in which everything asks for what is done here, or is known to be ignored. */
function readSettings(body: JsonObject): JsonObject {
  const settings = isObject(body["settings"]) ? body["settings"] : {};
  const undone = [
    ...undoneFields(instanceSupport, body),
    ...undoneFields(settingsSupport, settings).map((name) => `settings.${name}`),
  ];
  if (undone.length === 0) return settings;
  throw sqlError("UNIMPLEMENTED", "invalid", `The local cloud does not have instances with ${undone.join(", ")}.`);
}

/** JSON merge patch (RFC 7396). */
function mergeObjects(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    const before = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isObject(value) && isObject(before) ? mergeObjects(before, value) : value;
  }
  return merged;
}

function completeSettings(given: JsonObject, databaseVersion: string, settingsVersion: string): InstanceSettings {
  const edition = given["edition"] ?? defaultEdition(majorOf({ databaseVersion }));
  const { tier, activationPolicy = "ALWAYS" } = given;
  if (activationPolicy !== "ALWAYS" && activationPolicy !== "NEVER") {
    throw invalidRequest(`activationPolicy must be ALWAYS or NEVER, not ${String(activationPolicy).slice(0, 40)}`);
  }
  databaseFlags(given);
  return {
    ...{ kind: "sql#settings", availabilityType: "ZONAL", pricingPlan: "PER_USE", replicationType: "SYNCHRONOUS" },
    ...{ dataDiskType: "PD_SSD", dataDiskSizeGb: "10", storageAutoResize: true, storageAutoResizeLimit: "0" },
    ...{
      ipConfiguration: { ipv4Enabled: true },
      backupConfiguration: { kind: "sql#backupConfiguration", enabled: false },
    },
    ...given,
    ...checkTier(tier, edition),
    activationPolicy,
    settingsVersion,
  };
}

/** Set on instances that must not be deleted by mistake. */
export const isProtected = ({ settings }: InstanceRecord): boolean => settings["deletionProtectionEnabled"] === true;

/** As the API shows it. The address is of a block that nobody has (RFC 5737): the instance is reached by its socket. */
export function renderInstance(instance: InstanceRecord, installedVersion: string | undefined): JsonObject {
  const { project, name, region, databaseVersion, state, settings, createTime } = instance;
  const url = `https://sqladmin.googleapis.com/sql/v1beta4/projects/${project}/instances/${name}`;
  const ipv4 = isObject(settings["ipConfiguration"]) && settings["ipConfiguration"]["ipv4Enabled"] !== false;
  return {
    ...{ kind: "sql#instance", name, project, region, state, databaseVersion, settings, createTime },
    ...(installedVersion && { databaseInstalledVersion: `POSTGRES_${installedVersion.replace(".", "_")}` }),
    connectionName: connectionName(instance),
    instanceType: "CLOUD_SQL_INSTANCE",
    backendType: "SECOND_GEN",
    gceZone: `${region}-a`,
    selfLink: url,
    etag: `"${settings.settingsVersion}-${state}"`,
    ipAddresses: ipv4 ? [{ type: "PRIMARY", ipAddress: "203.0.113.1" }] : [],
  };
}
