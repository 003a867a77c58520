// The RPCs of the clients that the SDK uses, and the HTTP routes that their protos give them:
// https://github.com/googleapis/googleapis/blob/master/google/api/http.proto
import { createRequire } from "node:module";
import protobuf from "protobufjs";

export type ProtoRoute = {
  readonly rpc: string;
  readonly method: string;
  readonly path: RegExp;
  /** Fields of the request that the path gives, dotted: `service.name`. */
  readonly pathFields: readonly string[];
  /** Field of the request that the body is; "*": the request itself; "": there is none. */
  readonly body: string;
  readonly request: protobuf.Type;
};

const require = createRequire(import.meta.url);
const packages = ["@google-cloud/run", "@google-cloud/secret-manager", "@google-cloud/artifact-registry"];
const services = [
  "google.cloud.run.v2.Services",
  "google.cloud.run.v2.Revisions",
  "google.cloud.run.v2.Jobs",
  "google.cloud.run.v2.Executions",
  "google.cloud.run.v2.WorkerPools",
  "google.cloud.secretmanager.v1.SecretManagerService",
  "google.devtools.artifactregistry.v1.ArtifactRegistry",
];

type HttpRule = Readonly<Record<string, unknown>>;
const verbs = ["get", "post", "put", "patch", "delete"];

export const protoRoutes: readonly ProtoRoute[] = packages.flatMap((name) => {
  const root = protobuf.Root.fromJSON(require(`${name}/build/protos/protos.json`));
  root.resolveAll();
  return services.flatMap((service) => {
    const found = root.lookup(service);
    return found instanceof protobuf.Service ? found.methodsArray.flatMap(routesOf) : [];
  });
});

function routesOf(method: protobuf.Method): readonly ProtoRoute[] {
  const options = (method.parsedOptions ?? []) as readonly Readonly<Record<string, HttpRule>>[];
  const rule = options.find((option) => option["(google.api.http)"])?.["(google.api.http)"];
  const request = method.resolvedRequestType;
  if (!rule || !request) return [];
  const more = [rule["additional_bindings"] ?? []].flat() as unknown as readonly HttpRule[];
  return [rule, ...more].flatMap((binding) =>
    verbs.flatMap((verb) => {
      const template = binding[verb];
      if (typeof template !== "string") return [];
      const body = typeof binding["body"] === "string" ? binding["body"] : "";
      return [{ rpc: method.fullName.slice(1), method: verb.toUpperCase(), ...pattern(template), body, request }];
    }),
  );
}

/** `/v2/{name=projects/*\/locations/*}:run` as a pattern, and the fields that it names. */
function pattern(template: string): { readonly path: RegExp; readonly pathFields: readonly string[] } {
  const pathFields: string[] = [];
  const source = template.replaceAll(/\{([^=}]+)(?:=([^}]+))?\}|[^{]+/g, (literal, field?: string, value = "*") => {
    if (field === undefined) return escapePattern(literal);
    pathFields.push(field);
    return `(${escapePattern(value).replaceAll("\\*\\*", ".+").replaceAll("\\*", "[^/:]+")})`;
  });
  return { path: new RegExp(`^${source}$`), pathFields };
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
