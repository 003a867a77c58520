// What the routes of the v1 API have in common: their paths, the region in the host, lists and selectors.
import type { JsonObject } from "../../json/json-object.ts";
import { jsonRoute } from "../../json/json-route.ts";
import { GoogleError } from "../../server/google-error.ts";
import type { CloudRequest, HttpMethod, Route } from "../../server/types.ts";
import type { Collection } from "../../store/types.ts";
import { sameValue } from "../resource-fields.ts";
import { formatParent, type ResourceKind } from "../resource-names.ts";
import { labelSelector, scopeOf } from "./v1-request.ts";

export type Handler = (request: CloudRequest, body: JsonObject) => unknown;

export const serving = "/apis/serving.knative.dev/v1/namespaces/{project}";
export const jobsApi = "/apis/run.googleapis.com/v1/namespaces/{project}";
export const domains = "/apis/domains.cloudrun.com/v1/namespaces/{project}";
export const global = "/v1/projects/{project}/locations/{location}";

export const done: JsonObject = { apiVersion: "v1", kind: "Status", status: "Success" };
export const listOf = (apiVersion: string, kind: string, items: readonly unknown[]): JsonObject => ({
  apiVersion,
  kind: `${kind}List`,
  metadata: {},
  items,
});

/** Name of a resource that the request points at; without a region in it, the only one of that name. */
export const nameOf = (
  request: CloudRequest,
  kind: ResourceKind,
  collection: Pick<Collection<unknown>, "list">,
): string => {
  const { project, location } = scopeOf(request);
  const id = request.params["name"] ?? "";
  if (location !== undefined) return `${formatParent({ project, location })}/${kind}/${id}`;
  const found = collection
    .list({ prefix: `projects/${project}/locations/` })
    .filter(({ name }) => name.endsWith(`/${kind}/${id}`));
  const [only] = found;
  if (only === undefined) throw new GoogleError("NOT_FOUND", `Resource '${id.slice(0, 100)}' does not exist.`);
  if (found.length > 1)
    throw new GoogleError("INVALID_ARGUMENT", `'${id}' exists in several regions: ask REGION-run.googleapis.com.`);
  return only.name;
};

/** All documents of a kind in the request's project and region. */
export const inScope = <Document>(
  request: CloudRequest,
  collection: Collection<Document>,
  kind: string,
): readonly Document[] => {
  const { project, location } = scopeOf(request);
  const prefix =
    location === undefined ? `projects/${project}/locations/` : `${formatParent({ project, location })}/${kind}/`;
  return collection
    .list({ prefix })
    .filter(({ name }) => name.split("/")[4] === kind)
    .map(({ document }) => document);
};

export const write = (request: CloudRequest, rpc: string) => ({
  principal: request.principal,
  rpc,
  validateOnly: request.query.get("dryRun") === "all",
});

type Labelled = { readonly metadata: { readonly labels: Readonly<Record<string, unknown>> } };

/** Items that the request's label selector names. */
export const selectItems = (request: CloudRequest, items: readonly JsonObject[]): readonly JsonObject[] => {
  const selected = labelSelector(request.query.get("labelSelector"));
  return items.filter((item) => selected((item as Labelled).metadata.labels));
};

/** Newest first. */
export const byAge = (a: { readonly createTime: string }, b: { readonly createTime: string }): number =>
  a.createTime < b.createTime ? 1 : -1;

const kinds: Readonly<Record<string, ResourceKind>> = {
  services: "services",
  jobs: "jobs",
  workerpools: "workerPools",
};

/** The resource where the request names it whole, else its project. */
const resourceOf = (request: CloudRequest, permission: string): string => {
  const { project, location } = scopeOf(request);
  const kind = kinds[permission.split(".")[0] ?? ""];
  const { name } = request.params;
  return kind && name && location ? `${formatParent({ project, location })}/${kind}/${name}` : `projects/${project}`;
};

/**
 * v1 cannot say all that v2 can. A client that sends back the template it was shown has not changed it: the resource's own
 * is kept, so that no new revision is made.
 */
export const keepTemplate = (input: JsonObject, shown: JsonObject, template: object): JsonObject =>
  sameValue(input["template"], shown["template"]) ? { ...input, template } : input;

/** Parameters of lists that change what is answered, and are not done. */
const refuseParameters = ({ query }: CloudRequest): void => {
  const asked = ["fieldSelector", "watch"].find((name) => query.get(name));
  if (asked !== undefined) throw new GoogleError("UNIMPLEMENTED", `The local cloud does not have ${asked} in lists.`);
};

/** @param name in the discovery document, without `run.`; @param permission likewise */
export const route = (
  method: HttpMethod,
  template: string,
  name: string,
  permission: string | undefined,
  handle: Handler,
): Route =>
  jsonRoute(
    {
      ...{ method, template, rpc: `run.${name}` },
      ...(permission && { permission: `run.${permission}`, resource: (request) => resourceOf(request, permission) }),
    },
    (request, body) => {
      refuseParameters(request);
      return handle(request, body);
    },
  );
