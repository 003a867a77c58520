// Repositories of Artifact Registry: the ones in Docker format that it holds itself.
// https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories
import { isObject, type JsonObject } from "../json/json-object.ts";
import type { FindRepositories } from "../registry/locate-image.ts";
import type { Projects } from "../resource-manager/projects.ts";
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";

export type RepositoryRecord = {
  /** `projects/p/locations/l/repositories/r` */
  readonly name: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly immutableTags: boolean;
  readonly vulnerabilityScanning: string;
  readonly createTime: string;
  readonly updateTime: string;
};

export type RepositoryName = { readonly project: string; readonly location: string; readonly repository: string };

export type Repositories = ReturnType<typeof createRepositories>;

const idPattern = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const locationPattern = /^(?:[a-z]+-[a-z]+\d+|us|europe|asia)$/;
const labelPattern = /^[\p{Ll}\p{Lo}\p{N}_-]{1,63}$/u;

export const formatRepositoryName = ({ project, location, repository }: RepositoryName): string =>
  `projects/${project}/locations/${location}/repositories/${repository}`;

/** Also of what lies below a repository. */
export function parseRepositoryName(name: string): RepositoryName {
  const match = /^projects\/([^/]+)\/locations\/([^/]+)\/repositories\/([^/:]+)/.exec(name);
  const [, project = "", location = "", repository = ""] = match ?? [];
  if (match) return { project, location, repository };
  throw new GoogleError("INVALID_ARGUMENT", `Invalid repository name "${name.slice(0, 300)}".`);
}

export const notFound = (): GoogleError => new GoogleError("NOT_FOUND", "Requested entity was not found.");

export function createRepositories({ store, now }: Pick<CloudContext, "store" | "now">, projects: Projects) {
  const records = store.collection<RepositoryRecord>("artifacts.repositories");

  const find = (name: RepositoryName): RepositoryRecord => {
    const found = records.get(formatRepositoryName(name));
    if (!found) throw notFound();
    return found;
  };

  /** A new one, checked but not yet kept. */
  const prepare = (given: string, id: string, body: JsonObject): RepositoryRecord => {
    const [, project = "", , location = ""] = given.split("/");
    const parent = `projects/${projects.resolve(project).projectId}/locations/${location}`;
    if (!locationPattern.test(location)) {
      throw new GoogleError("INVALID_ARGUMENT", `"${location.slice(0, 60)}" is not a valid location.`);
    }
    if (!idPattern.test(id)) {
      throw new GoogleError("INVALID_ARGUMENT", `Invalid repository id "${id.slice(0, 100)}".`);
    }
    refuseOtherModes(body);
    if (body["format"] !== "DOCKER") {
      throw new GoogleError("UNIMPLEMENTED", "The local cloud has repositories in Docker format only.");
    }
    const name = `${parent}/repositories/${id}`;
    if (records.get(name)) throw new GoogleError("ALREADY_EXISTS", "the repository already exists");
    const at = now().toISOString();
    return { name, ...parseFields(body), createTime: at, updateTime: at };
  };

  const update = (name: RepositoryName, body: JsonObject, paths: readonly string[]): RepositoryRecord => {
    const current = find(name);
    const sent = parseFields(body);
    const chosen = Object.fromEntries(paths.map((path) => updatableField(path, sent)));
    const updated = { ...current, ...chosen, updateTime: now().toISOString() };
    records.put(updated.name, updated);
    return updated;
  };

  const findForRegistry: FindRepositories = (project, repository) =>
    records
      .list({ prefix: `projects/${project}/locations/` })
      .map(({ document }) => ({ ...parseRepositoryName(document.name), immutableTags: document.immutableTags }))
      .filter((info) => info.repository === repository);

  return {
    ...{ find, prepare, update, findForRegistry },
    put: (record: RepositoryRecord): void => records.put(record.name, record),
    remove: (name: RepositoryName): void => void records.delete(formatRepositoryName(name)),
    list: (parent: string): readonly RepositoryRecord[] =>
      records.list({ prefix: `${parent}/repositories/` }).map(({ document }) => document),
  };
}

function refuseOtherModes({ mode = "STANDARD_REPOSITORY" }: JsonObject): void {
  if (mode === "STANDARD_REPOSITORY" || mode === "MODE_UNSPECIFIED") return;
  throw new GoogleError("UNIMPLEMENTED", "The local cloud has standard repositories only.");
}

type Fields = Pick<RepositoryRecord, "description" | "labels" | "immutableTags" | "vulnerabilityScanning">;

function parseFields(body: JsonObject): Fields {
  const { description = "", labels, dockerConfig, vulnerabilityScanningConfig } = body;
  return {
    description: String(description).slice(0, 1_024),
    labels: parseLabels(labels),
    immutableTags: isObject(dockerConfig) && dockerConfig["immutableTags"] === true,
    vulnerabilityScanning: isObject(vulnerabilityScanningConfig)
      ? String(vulnerabilityScanningConfig["enablementConfig"] ?? "INHERITED")
      : "INHERITED",
  };
}

function parseLabels(labels: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isObject(labels) ? labels : {});
  const wrong = entries.find(
    ([key, value]) => !labelPattern.test(key) || !(value === "" || labelPattern.test(String(value))),
  );
  if (wrong ?? entries.length > 64) throw new GoogleError("INVALID_ARGUMENT", "Invalid labels.");
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

function updatableField(path: string, sent: Fields): readonly [string, unknown] {
  const field = path.split(".")[0] ?? "";
  if (field === "description" || field === "labels") return [field, sent[field]];
  if (field === "dockerConfig") return ["immutableTags", sent.immutableTags];
  if (field === "vulnerabilityScanningConfig") return ["vulnerabilityScanning", sent.vulnerabilityScanning];
  const status = ["name", "format", "mode"].includes(field) ? "INVALID_ARGUMENT" : "UNIMPLEMENTED";
  throw new GoogleError(status, `The field "${path.slice(0, 100)}" cannot be updated.`);
}

/** No scanner looks at what is pushed here, whatever the configuration. */
export function renderRepository(record: RepositoryRecord, sizeBytes: number): JsonObject {
  const { name, description, labels, immutableTags, createTime, updateTime } = record;
  const { project, location, repository } = parseRepositoryName(name);
  return {
    ...{ name, format: "DOCKER", mode: "STANDARD_REPOSITORY", createTime, updateTime },
    ...(description !== "" && { description }),
    ...(Object.keys(labels).length > 0 && { labels }),
    dockerConfig: immutableTags ? { immutableTags } : {},
    sizeBytes: String(sizeBytes),
    registryUri: `${location}-docker.pkg.dev/${project}/${repository}`,
    vulnerabilityScanningConfig: {
      enablementConfig: record.vulnerabilityScanning,
      enablementState: "SCANNING_DISABLED",
      enablementStateReason: "The local cloud does not scan images.",
    },
  };
}
