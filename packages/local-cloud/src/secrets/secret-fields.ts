// Pure. What a caller may write into a secret: https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets#Secret
import { isObject, type JsonObject } from "../json/json-object.ts";
import { GoogleError } from "../server/google-error.ts";

export type SecretFields = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly versionAliases: Readonly<Record<string, string>>;
};

type TextMap = Readonly<Record<string, string>>;

const labelKey = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const labelValue = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
const annotationKey = /^[a-z0-9A-Z](?:[a-z0-9A-Z._-]{0,61}[a-z0-9A-Z])?$/;
const alias = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const maxLabels = 64;
const maxAliases = 50;
const maxAnnotationBytes = 16 * 1024;

const invalid = (message: string): GoogleError => new GoogleError("INVALID_ARGUMENT", message);

/** @throws {GoogleError} INVALID_ARGUMENT */
export function parseReplication(replication: unknown): JsonObject {
  const { automatic, userManaged }: JsonObject = isObject(replication) ? replication : {};
  if (isObject(automatic)) return { automatic: {} };
  const replicas = isObject(userManaged) ? userManaged["replicas"] : undefined;
  if (!Array.isArray(replicas) || replicas.length === 0) throw invalid("The field 'replication' must be provided.");
  return { userManaged: { replicas } };
}

/** @param versionExists aliases may name existing versions only. */
export function parseFields(secret: JsonObject, versionExists: (number: string) => boolean): SecretFields {
  const labels = toTexts(secret["labels"]);
  const annotations = toTexts(secret["annotations"]);
  const versionAliases = toTexts(secret["versionAliases"]);
  checkLabels(labels);
  checkAnnotations(annotations);
  for (const [name, version] of Object.entries(versionAliases)) {
    if (!alias.test(name) || name === "latest" || name === "NEW")
      throw invalid(`Invalid version alias "${name.slice(0, 80)}".`);
    if (!versionExists(version))
      throw invalid(`Version alias "${name}" names version ${version}, which does not exist.`);
  }
  if (Object.keys(versionAliases).length > maxAliases) throw invalid(`A secret has at most ${maxAliases} aliases.`);
  return { labels, annotations, versionAliases };
}

const toTexts = (value: unknown): TextMap =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)])) : {};

function checkLabels(labels: TextMap): void {
  if (Object.keys(labels).length > maxLabels) throw invalid(`A secret has at most ${maxLabels} labels.`);
  for (const [key, value] of Object.entries(labels)) {
    if (!labelKey.test(key)) throw invalid(`Invalid label key "${key.slice(0, 80)}".`);
    if (!labelValue.test(value)) throw invalid(`Invalid value of label "${key}".`);
  }
}

function checkAnnotations(annotations: TextMap): void {
  const bytes = Object.entries(annotations).reduce((sum, pair) => sum + Buffer.byteLength(pair.join("")), 0);
  if (bytes >= maxAnnotationBytes) throw invalid("Annotations must be less than 16 KiB in total.");
  const wrong = Object.keys(annotations).find((key) => !annotationKey.test(key));
  if (wrong !== undefined) throw invalid(`Invalid annotation key "${wrong.slice(0, 80)}".`);
}
