// Cloud Resource Manager v1 and v3: projects as they are, and their policies.
// https://cloud.google.com/resource-manager/reference/rest

import { matchesFilter } from "../filter/match-filter.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import type { Policies } from "../iam/policies.ts";
import { renderPolicy, setPolicy, testPermissions } from "../iam/policy-handlers.ts";
import { isObject, type JsonObject } from "../json/json-object.ts";
import { type JsonHandler, jsonRoute } from "../json/json-route.ts";
import { takePage } from "../json/page.ts";
import { notImplemented } from "../server/not-implemented.ts";
import type { CloudContext, CloudRequest, CloudService, Route } from "../server/types.ts";
import { projectNumber } from "./project-number.ts";
import type { ProjectRecord, Projects } from "./projects.ts";

type ResourceManagerOptions = { readonly projects: Projects; readonly policies: Policies };

export function createResourceManager(context: CloudContext, options: ResourceManagerOptions): CloudService {
  return {
    api: "cloudresourcemanager.googleapis.com",
    routes: [
      ...projectRoutes(options.projects),
      ...policyRoutes(context, options, "v1"),
      ...policyRoutes(context, options, "v3"),
      ...["v1", "v3"].flatMap((version) =>
        (
          [
            ["POST", `/${version}/projects`, "create"],
            ["DELETE", `/${version}/projects/{project}`, "delete"],
            ["POST", `/${version}/projects/{project}:undelete`, "undelete"],
            [
              version === "v1" ? "PUT" : "PATCH",
              `/${version}/projects/{project}`,
              version === "v1" ? "update" : "patch",
            ],
          ] as const
        ).map(([method, template, name]) => notImplemented({ method, template, rpc: rpc(name) })),
      ),
    ],
  };
}

const rpc = (name: string): string => `cloudresourcemanager.projects.${name}`;

const renderV1 = ({ projectId, createTime }: ProjectRecord): JsonObject => ({
  ...{ projectNumber: projectNumber(projectId), projectId, lifecycleState: "ACTIVE", name: projectId, createTime },
});

const renderV3 = ({ projectId, createTime }: ProjectRecord): JsonObject => ({
  ...{ name: `projects/${projectNumber(projectId)}`, projectId, state: "ACTIVE", displayName: projectId, createTime },
  ...{ updateTime: createTime, etag: `W/"${projectNumber(projectId)}"` },
});

const resourceOf =
  (projects: Projects) =>
  ({ params }: CloudRequest): string =>
    `projects/${projects.resolve(params["project"] ?? "").projectId}`;

function projectRoutes(projects: Projects): readonly Route[] {
  const get = (version: "v1" | "v3", render: (project: ProjectRecord) => JsonObject): Route =>
    jsonRoute(
      {
        ...{ method: "GET", template: `/${version}/projects/{project}`, rpc: rpc("get") },
        ...{ permission: "resourcemanager.projects.get", resource: resourceOf(projects) },
      },
      ({ params }) => render(projects.resolve(params["project"] ?? "")),
    );
  const list = (template: string, render: (project: ProjectRecord) => JsonObject): Route =>
    jsonRoute({ method: "GET", template, rpc: rpc("list") }, ({ query }) => {
      const request = { pageSize: query.get("pageSize"), pageToken: query.get("pageToken") };
      const filter = parseFilter(query.get("filter") ?? query.get("query") ?? "");
      const matching = projects.list().filter((project) => matchesFilter(filter, render(project)));
      const byId = matching.toSorted((one, other) => (one.projectId < other.projectId ? -1 : 1));
      const page = takePage(byId, ({ projectId }) => projectId, request, { size: 500, max: 500 });
      return { projects: page.items.map(render), ...(page.nextPageToken && { nextPageToken: page.nextPageToken }) };
    });
  return [
    get("v1", renderV1),
    get("v3", renderV3),
    list("/v1/projects", renderV1),
    list("/v3/projects:search", renderV3),
  ];
}

function policyRoutes(
  { allows }: CloudContext,
  { projects, policies }: ResourceManagerOptions,
  version: "v1" | "v3",
): readonly Route[] {
  const resource = resourceOf(projects);
  const on = (name: string, write: boolean, handle: JsonHandler, permission?: string): Route =>
    jsonRoute(
      {
        ...{ method: "POST", template: `/${version}/projects/{project}:${name}`, rpc: rpc(name), write, resource },
        ...(permission !== undefined && { permission: `resourcemanager.projects.${permission}` }),
      },
      handle,
    );
  return [
    on("getIamPolicy", false, (request) => renderPolicy(policies.get(resource(request))), "getIamPolicy"),
    on(
      "setIamPolicy",
      true,
      (request, body) => setPolicy(policies, resource(request), withoutMask(body)),
      "setIamPolicy",
    ),
    on("testIamPermissions", false, (request, body) =>
      testPermissions(allows, request.principal, resource(request), body),
    ),
  ];
}

/** Audit configurations are not kept: a mask that leaves them out changes nothing. */
const withoutMask = (body: JsonObject): JsonObject => ({
  policy: isObject(body["policy"]) ? body["policy"] : undefined,
});
