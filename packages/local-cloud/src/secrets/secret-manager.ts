// Secret Manager's rules over its records. Names that it is given hold a project's id or number; names in its answers
// hold the number, as Google's do. https://cloud.google.com/secret-manager/docs/reference/rest
import { randomBytes } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import type { JsonObject } from "../json/json-object.ts";
import { projectNumber } from "../resource-manager/project-number.ts";
import type { Projects } from "../resource-manager/projects.ts";
import { GoogleError } from "../server/google-error.ts";
import { parseFields, parseReplication, refuseUnsupported, type SecretFields } from "./secret-fields.ts";
import { isSecretId, parseSecretName, parseVersionName, refuseRegional, type SecretName } from "./secret-name.ts";
import type { SecretRecord, SecretRecords, VersionRecord, VersionState } from "./secret-records.ts";

/** https://cloud.google.com/secret-manager/quotas */
const maxPayloadBytes = 65_536;

export type SecretManager = ReturnType<typeof createSecretManager>;
export type FoundVersion = { readonly secret: SecretRecord; readonly version: VersionRecord };

/** Etags are given with their quotes: https://cloud.google.com/secret-manager/docs/etags */
const newEtag = (): string => `"${randomBytes(7).toString("hex")}"`;

export const secretResourceName = ({ project, id }: SecretRecord): string =>
  `projects/${projectNumber(project)}/secrets/${id}`;
export const versionResourceName = ({ secret, version }: FoundVersion): string =>
  `${secretResourceName(secret)}/versions/${version.number}`;

export function createSecretManager(records: SecretRecords, projects: Projects, now: () => Date) {
  const time = (): string => now().toISOString();

  const resolve = (name: string): SecretName => {
    const { project, secret } = parseSecretName(name);
    return { project: projects.resolve(project).projectId, secret };
  };

  const find = (name: string): SecretRecord => {
    const { project, secret } = resolve(name);
    const found = records.find(project, secret);
    if (found) return found;
    throw new GoogleError("NOT_FOUND", `Secret [projects/${projectNumber(project)}/secrets/${secret}] not found.`);
  };

  /** `latest` is the newest version in any state. Aliases only where `withAliases`. */
  const findVersion = (name: string, withAliases: boolean): FoundVersion => {
    const asked = parseVersionName(name);
    const secret = find(name);
    const alias = withAliases ? secret.versionAliases[asked.version] : undefined;
    const number = asked.version === "latest" ? String(secret.lastVersion) : (alias ?? asked.version);
    const version = /^\d{1,9}$/.test(number) ? records.version(secret, Number(number)) : undefined;
    if (version) return { secret, version };
    const shown = `${secretResourceName(secret)}/versions/${asked.version}`;
    if (secret.lastVersion === 0) {
      throw new GoogleError("NOT_FOUND", `Secret [${secretResourceName(secret)}] not found or has no versions.`);
    }
    throw new GoogleError("NOT_FOUND", `Secret Version [${shown}] not found.`);
  };

  const create = (parent: string, id: string, body: JsonObject): SecretRecord => {
    if (!isSecretId(id)) throw new GoogleError("INVALID_ARGUMENT", `Invalid secret id "${id.slice(0, 300)}".`);
    const { project } = resolve(`${parent}/secrets/${id}`);
    refuseUnsupported(body);
    const secret: SecretRecord = {
      ...{ project, id, lastVersion: 0, createTime: time(), etag: newEtag() },
      replication: parseReplication(body["replication"]),
      ...parseFields(body, () => false),
    };
    if (records.find(project, id)) {
      throw new GoogleError("ALREADY_EXISTS", `Secret [${secretResourceName(secret)}] already exists.`);
    }
    records.put(secret);
    return secret;
  };

  const update = (name: string, body: JsonObject, paths: readonly string[]): SecretRecord => {
    const secret = find(name);
    checkEtag(body["etag"], secret.etag);
    const masked = Object.fromEntries(paths.map((path) => [path.split(".")[0] ?? "", undefined]));
    const { labels, annotations, versionAliases, etag: _, name: __, ...unknown } = masked;
    const fixed = Object.keys(unknown)[0];
    if (fixed !== undefined) refuseField(fixed);
    const exists = (number: string): boolean =>
      /^\d{1,9}$/.test(number) && records.version(secret, Number(number)) !== undefined;
    const updated = { ...secret, ...parseFields(maskFields(secret, body, paths), exists), etag: newEtag() };
    records.put(updated);
    return updated;
  };

  const addVersion = (parent: string, data: Uint8Array, sentCrc32c: string | undefined): FoundVersion => {
    const secret = find(parent);
    if (data.length === 0) throw new GoogleError("INVALID_ARGUMENT", "Secret Payload cannot be empty.");
    if (data.length > maxPayloadBytes) {
      throw new GoogleError("INVALID_ARGUMENT", `Secret Payload cannot be larger than ${maxPayloadBytes} bytes.`);
    }
    const dataCrc32c = String(crc32c(data));
    if (sentCrc32c !== undefined && sentCrc32c !== dataCrc32c) {
      throw new GoogleError("INVALID_ARGUMENT", "The checksum of the payload does not match its data_crc32c.");
    }
    const draft = {
      ...{ number: secret.lastVersion + 1, state: "ENABLED" as const, createTime: time(), etag: newEtag() },
      ...{ dataCrc32c, clientSpecifiedPayloadChecksum: sentCrc32c !== undefined },
    };
    return { secret, version: records.addVersion(secret, draft, data) };
  };

  const access = (name: string): FoundVersion & { readonly data: Buffer } => {
    const { secret, version } = findVersion(name, true);
    if (version.state !== "ENABLED" || version.payload === undefined) throw inState({ secret, version });
    return { secret, version, data: records.readPayload(version.payload) };
  };

  /** A destroyed version stays destroyed; asking for the state that it has changes its etag only. */
  const setState = (name: string, state: VersionState, etag: unknown): FoundVersion => {
    const { secret, version } = findVersion(name, false);
    checkEtag(etag, version.etag);
    if (version.state === "DESTROYED") throw inState({ secret, version });
    const { payload, ...rest } = version;
    const changed = { ...rest, state, etag: newEtag() };
    if (state !== "DESTROYED") {
      const kept = { ...changed, ...(payload !== undefined && { payload }) };
      records.putVersion(secret, kept);
      return { secret, version: kept };
    }
    const destroyed = { ...changed, destroyTime: time() };
    records.destroyVersion(secret, version, destroyed);
    return { secret, version: destroyed };
  };

  return {
    ...{ find, create, update, addVersion, access, setState },
    projectOf: (name: string): string => projects.resolve(/^projects\/([^/]+)/.exec(name)?.[1] ?? "").projectId,
    /** Newest first. @param parent `projects/P` */
    list: (parent: string): readonly SecretRecord[] => {
      refuseRegional(parent);
      const { projectId } = projects.resolve(parent.split("/")[1] ?? "");
      return records.list(projectId).toSorted((one, other) => (newestFirstKey(one) < newestFirstKey(other) ? 1 : -1));
    },
    version: (name: string): FoundVersion => findVersion(name, true),
    versions: (secret: SecretRecord): readonly VersionRecord[] => records.listVersions(secret).toReversed(),
    remove: (name: string, etag: unknown): SecretRecord => {
      const secret = find(name);
      checkEtag(etag, secret.etag);
      records.remove(secret);
      return secret;
    },
  };
}

/** Descending, it is the order of lists. */
export const newestFirstKey = ({ createTime, id }: SecretRecord): string => `${createTime}/${id}`;

function checkEtag(sent: unknown, current: string): void {
  if (sent === undefined || sent === "" || sent === current) return;
  throw new GoogleError("FAILED_PRECONDITION", "The etag of the request does not match the resource's current etag.");
}

const inState = (found: FoundVersion): GoogleError =>
  new GoogleError(
    "FAILED_PRECONDITION",
    `Secret Version [${versionResourceName(found)}] is in ${found.version.state} state.`,
  );

function refuseField(field: string): never {
  refuseUnsupported({ [field]: true });
  throw new GoogleError("INVALID_ARGUMENT", `The field "${field}" cannot be updated.`);
}

const mapFields = ["labels", "annotations", "versionAliases"] as const;

/** The fields after the update; a path may name one key of a map: `labels.team`. */
function maskFields(secret: SecretFields, body: JsonObject, paths: readonly string[]): JsonObject {
  const sent = (field: string) => (body[field] ?? {}) as Readonly<Record<string, string>>;
  const masked = (field: (typeof mapFields)[number]): Readonly<Record<string, string>> => {
    if (paths.includes(field)) return sent(field);
    const keys = paths.filter((path) => path.startsWith(`${field}.`)).map((path) => path.slice(field.length + 1));
    const kept = Object.entries(secret[field]).filter(([key]) => !keys.includes(key));
    const set = keys.flatMap((key) => (sent(field)[key] === undefined ? [] : [[key, sent(field)[key]]]));
    return Object.fromEntries([...kept, ...set]);
  };
  return Object.fromEntries(mapFields.map((field) => [field, masked(field)]));
}
