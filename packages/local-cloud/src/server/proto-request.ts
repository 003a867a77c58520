// A request's message from its three sources: path, query and body.
// https://github.com/googleapis/googleapis/blob/master/google/api/http.proto ("Rules for HTTP mapping")

import type { FieldTable } from "./field-support.ts";
import { GoogleError } from "./google-error.ts";
import { type FieldViolation, type MessageValue, readMessage, refuseViolations } from "./proto-json.ts";
import { camelCase, camelCasePath } from "./proto-names.ts";
import { fromQueryText } from "./proto-scalar.ts";
import type { HttpRule, ProtoField, ProtoMethod, ProtoTypes } from "./proto-schema.ts";
import type { CloudRequest } from "./types.ts";

type Draft = Record<string, unknown>;

/** https://cloud.google.com/apis/docs/system-parameters */
const systemParameters = new Set(
  "alt fields key prettyPrint quotaUser access_token oauth_token callback uploadType upload_protocol userProject userIp".split(
    " ",
  ),
);

const isObject = (value: unknown): value is Draft =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Sets a dotted path, making the messages on the way. */
const setPath = (draft: Draft, path: readonly string[], value: unknown): void => {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    draft[name] = value;
    return;
  }
  if (!isObject(draft[name])) draft[name] = {};
  setPath(draft[name] as Draft, rest, value);
};

const fieldAt = (types: ProtoTypes, typeName: string, path: readonly string[]): ProtoField | undefined => {
  const [name = "", ...rest] = path;
  const field = types.messages.get(typeName)?.fields.get(name);
  return field === undefined || rest.length === 0 ? field : fieldAt(types, field.type, rest);
};

const bindQuery = (draft: Draft, query: URLSearchParams, types: ProtoTypes, typeName: string): FieldViolation[] => {
  const violations: FieldViolation[] = [];
  for (const key of new Set(query.keys())) {
    if (key.startsWith("$") || systemParameters.has(key)) continue;
    const path = camelCasePath(key).split(".");
    const field = fieldAt(types, typeName, path);
    if (field === undefined || field.map) {
      const description = `Invalid JSON payload received. Unknown name ${JSON.stringify(key.slice(0, 200))}: Cannot bind query parameter. Field '${key.slice(0, 200)}' could not be found in request message.`;
      violations.push({ field: "", description });
      continue;
    }
    const values = query.getAll(key).map((value) => fromQueryText(field.type, value));
    setPath(draft, path, field.repeated ? values : values.at(-1));
  }
  return violations;
};

const readBody = async (request: CloudRequest, body: string | undefined): Promise<Draft> => {
  if (body === undefined) return {};
  const json = (await request.json()) ?? {};
  if (!isObject(json)) throw new GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received. Expected an object.");
  return body === "*" ? { ...json } : { [camelCase(body)]: json };
};

/** Does a path name a field, or a key of a map? */
const isFieldPath = (types: ProtoTypes, typeName: string, path: readonly string[]): boolean => {
  const [name = "", ...rest] = path;
  const field = types.messages.get(typeName)?.fields.get(name);
  if (field === undefined) return false;
  return rest.length === 0 || field.map || (!field.repeated && isFieldPath(types, field.type, rest));
};

/** Paths of the update mask below the body's field. Throws for a path that names no field. */
const updateMask = (
  draft: Draft,
  body: string,
  types: ProtoTypes,
  requestType: string,
): readonly string[] | undefined => {
  const mask = draft["updateMask"];
  if (typeof mask !== "string" || mask === "") return undefined;
  const resource = types.messages.get(requestType)?.fields.get(camelCase(body))?.type ?? "";
  const paths = mask.split(",").filter(Boolean).map(camelCasePath);
  const unknown = paths.filter((path) => path !== "*" && !isFieldPath(types, resource, path.split(".")));
  refuseViolations(
    unknown.map((path) => ({
      field: "update_mask",
      description: `Invalid value at 'update_mask': ${JSON.stringify(path.slice(0, 200))} is no field of ${resource}.`,
    })),
  );
  return paths;
};

/** All but the resource is whole, and the resource is what its mask says. */
const maskOfRequest = (types: ProtoTypes, requestType: string, body: string, paths: readonly string[]): string[] => {
  const whole = [...(types.messages.get(requestType)?.fields.keys() ?? [])].filter((name) => name !== camelCase(body));
  if (paths.includes("*")) return [...whole, camelCase(body)];
  return [...whole, ...paths.map((path) => `${camelCase(body)}.${path}`)];
};

/** The validated message of one call. Throws INVALID_ARGUMENT, and UNIMPLEMENTED for fields that `fields` lacks. */
export const readRequest = async (
  types: ProtoTypes,
  fields: FieldTable,
  { requestType }: ProtoMethod,
  { body }: HttpRule,
  request: CloudRequest,
): Promise<MessageValue> => {
  const draft = await readBody(request, body);
  const unknown = bindQuery(draft, request.query, types, requestType);
  for (const [path, value] of Object.entries(request.params)) setPath(draft, camelCasePath(path).split("."), value);
  refuseViolations(unknown);
  const paths = body === undefined || body === "*" ? undefined : updateMask(draft, body, types, requestType);
  const mask = paths === undefined ? undefined : maskOfRequest(types, requestType, body ?? "", paths);
  return readMessage(types, fields, requestType, draft, mask);
};
