// Holds a request against the protos that Google's clients ship: an unknown field, one that only Google may set, a value
// of the wrong type or a required field that is missing is a problem. Knows nothing of the local cloud.
import protobuf from "protobufjs";
import { type ProtoRoute, protoRoutes } from "./proto-routes.ts";

export type SentRequest = {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: string;
};

/** APIs whose clients ship no protos: their requests are checked elsewhere. */
const withoutProtos = [
  /^\/storage\/v1\//,
  /^\/(upload|download|resumable)\//,
  /^\/v2\/(?!projects\/[^/]+\/locations\/)/,
  /^\/sql\//,
  /^\/v1\/projects\/[^/]+\/services/,
  /^\/v1\/projects\/[^/]+\/serviceAccounts/,
  /^\/v[13]\/projects\/[^/]+(:[a-zA-Z]+)?$/,
  /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/instances/,
  /operations\/[^/]+$/,
];

/** Query parameters that every API of Google takes: https://cloud.google.com/apis/docs/system-parameters */
const systemParameters = new Set(["$alt", "alt", "$prettyPrint", "prettyPrint", "fields", "$fields", "key"]);

/** Problems of a request; none: it is as the protos say, or of an API that ships none. */
export function protoProblems({ method, url, body }: SentRequest): readonly string[] {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const path = decodeURIComponent(pathname);
  const route = protoRoutes.find((each) => each.method === method && each.path.test(path));
  if (!route) return withoutProtos.some((known) => known.test(path)) ? [] : ["no RPC has this method and path"];
  const json: unknown = body === "" ? undefined : JSON.parse(body);
  const mask = searchParams.get("updateMask");
  return [
    ...queryProblems(route, searchParams),
    ...bodyProblems(route, json, mask === null || mask === "*" ? undefined : new Set(mask.split(","))),
    ...requiredProblems(route, searchParams, json),
  ].map((problem) => `${route.rpc}: ${problem}`);
}

function queryProblems({ request }: ProtoRoute, query: URLSearchParams): readonly string[] {
  return [...query.keys()]
    .filter((name) => !systemParameters.has(name) && !request.fields[name.split(".")[0] ?? ""])
    .map((name) => `query parameter "${name}" is no field of ${request.name}`);
}

function bodyProblems(route: ProtoRoute, json: unknown, mask: ReadonlySet<string> | undefined): readonly string[] {
  if (json === undefined) return route.body === "" ? [] : ["the body is missing"];
  if (route.body === "") return ["there must be no body"];
  if (route.body === "*") return messageProblems(route.request, json, route.request.name, new Set(route.pathFields));
  const field = route.request.fields[camelCase(route.body)];
  if (!(field?.resolvedType instanceof protobuf.Type)) return [`the protos name no type for body ${route.body}`];
  const type = field.resolvedType;
  // What the path gives, and what the mask leaves out, need not be in the body.
  const given = new Set(route.pathFields.map((name) => name.split(".").at(-1) ?? ""));
  const unmasked = mask ? type.fieldsArray.map(({ name }) => name).filter((name) => !mask.has(name)) : [];
  const unknownMask = [...(mask ?? [])].filter((name) => !type.fields[name.split(".")[0] ?? ""]);
  return [
    ...unknownMask.map((name) => `updateMask names "${name}", which ${type.name} does not have`),
    ...messageProblems(type, json, type.name, new Set([...given, ...unmasked])),
  ];
}

function requiredProblems(route: ProtoRoute, query: URLSearchParams, json: unknown): readonly string[] {
  const inBody = route.body === "*" && isRecord(json) ? Object.keys(json) : [camelCase(route.body)];
  const present = new Set([
    ...route.pathFields.map((name) => camelCase(name.split(".")[0] ?? "")),
    ...query.keys(),
    ...inBody,
  ]);
  return route.request.fieldsArray
    .filter((field) => behaviour(field) === "REQUIRED" && !present.has(field.name))
    .map(({ name }) => `required field "${name}" is missing`);
}

const behaviour = (field: protobuf.Field): unknown => field.options?.["(google.api.field_behavior)"];
const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @param excused names of fields that may be missing though they are required */
function messageProblems(
  type: protobuf.Type,
  value: unknown,
  at: string,
  excused: ReadonlySet<string> = new Set(),
): readonly string[] {
  const wellKnown = wellKnownProblem(type.fullName, value, at);
  if (wellKnown !== undefined) return wellKnown;
  if (!isRecord(value)) return [`${at} must be an object`];
  const missing = type.fieldsArray
    .filter((field) => behaviour(field) === "REQUIRED" && value[field.name] === undefined && !excused.has(field.name))
    .map(({ name }) => `${at}.${name} is required`);
  return [...missing, ...Object.entries(value).flatMap(([name, inner]) => fieldProblems(type, name, inner, at))];
}

function fieldProblems(type: protobuf.Type, name: string, value: unknown, parent: string): readonly string[] {
  const at = `${parent}.${name}`;
  const field = type.fields[name];
  if (!field) return [`${at} is unknown`];
  if (behaviour(field) === "OUTPUT_ONLY") return [`${at} is set by Google only`];
  if (field instanceof protobuf.MapField) {
    if (!isRecord(value)) return [`${at} must be an object`];
    return Object.entries(value).flatMap(([key, inner]) => valueProblems(field, inner, `${at}[${key}]`));
  }
  if (!field.repeated) return valueProblems(field, value, at);
  if (!Array.isArray(value)) return [`${at} must be an array`];
  return value.flatMap((inner, index) => valueProblems(field, inner, `${at}[${index}]`));
}

function valueProblems(field: protobuf.Field, value: unknown, at: string): readonly string[] {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return messageProblems(resolvedType, value, at);
  if (resolvedType instanceof protobuf.Enum) {
    const known =
      typeof value === "string"
        ? value in resolvedType.values
        : Object.values(resolvedType.values).includes(Number(value));
    return known ? [] : [`${at} has no value ${JSON.stringify(value)}`];
  }
  return scalarFits(field.type, value) ? [] : [`${at} must be ${field.type}, not ${JSON.stringify(value)}`];
}

/** https://protobuf.dev/programming-guides/json/ */
function scalarFits(type: string, value: unknown): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "bytes":
      return typeof value === "string" && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value);
    case "double":
    case "float":
      return typeof value === "number";
    case "int32":
    case "uint32":
      return Number.isInteger(value);
    default:
      return Number.isInteger(value) || (typeof value === "string" && /^-?\d+$/.test(value));
  }
}

/** Messages that have a JSON form of their own; undefined: this one has not. */
function wellKnownProblem(name: string, value: unknown, at: string): readonly string[] | undefined {
  const text = (form: RegExp): readonly string[] =>
    typeof value === "string" && form.test(value) ? [] : [`${at} is not ${name.slice(1)}: ${JSON.stringify(value)}`];
  switch (name) {
    case ".google.protobuf.Duration":
      return text(/^-?\d+(\.\d+)?s$/);
    case ".google.protobuf.Timestamp":
      return text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    case ".google.protobuf.FieldMask":
      return text(/^[a-zA-Z0-9.,]*$/);
    case ".google.protobuf.Struct":
    case ".google.protobuf.Any":
      return isRecord(value) ? [] : [`${at} must be an object`];
    default:
      return undefined;
  }
}
