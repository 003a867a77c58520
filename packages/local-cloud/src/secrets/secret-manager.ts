// Secret Manager's rules for secrets. https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets
import type { JsonObject } from "../json/json-object.ts";
import type { Projects } from "../resource-manager/projects.ts";
import { GoogleError } from "../server/google-error.ts";
import { checkEtag, newEtag } from "./etag.ts";
import { createFindSecret, secretResourceName } from "./find-secret.ts";
import { parseFields, parseReplication, type SecretFields } from "./secret-fields.ts";
import { isSecretId, refuseRegional } from "./secret-name.ts";
import type { SecretRecord, SecretRecords } from "./secret-records.ts";
import { createSecretVersions } from "./secret-versions.ts";

export type SecretManager = ReturnType<typeof createSecretManager>;

export function createSecretManager(records: SecretRecords, projects: Projects, now: () => Date) {
  const { resolve, find, findVersion } = createFindSecret(records, projects);

  const create = (parent: string, id: string, body: JsonObject): SecretRecord => {
    if (!isSecretId(id)) throw new GoogleError("INVALID_ARGUMENT", `Invalid secret id "${id.slice(0, 300)}".`);
    const { project } = resolve(`${parent}/secrets/${id}`);
    const secret: SecretRecord = {
      ...{ project, id, lastVersion: 0, createTime: now().toISOString(), etag: newEtag() },
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

  return {
    ...{ find, create, update },
    ...createSecretVersions(records, { find, findVersion }, now),
    projectOf: (name: string): string => projects.resolve(/^projects\/([^/]+)/.exec(name)?.[1] ?? "").projectId,
    /** Newest first. @param parent `projects/P` */
    list: (parent: string): readonly SecretRecord[] => {
      refuseRegional(parent);
      const { projectId } = projects.resolve(parent.split("/")[1] ?? "");
      return records.list(projectId).toSorted((one, other) => (newestFirstKey(one) < newestFirstKey(other) ? 1 : -1));
    },
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

function refuseField(field: string): never {
  if (["replication", "createTime"].includes(field))
    throw new GoogleError("INVALID_ARGUMENT", `The field "${field}" cannot be updated.`);
  throw new GoogleError("UNIMPLEMENTED", `The local cloud does not have secret.${field}.`);
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
