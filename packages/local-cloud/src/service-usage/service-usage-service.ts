// Service Usage v1: which APIs a project has enabled. https://cloud.google.com/service-usage/docs/reference/rest
import type { JsonObject } from "../json/json-object.ts";
import { type JsonHandler, jsonRoute } from "../json/json-route.ts";
import { takePage } from "../json/page.ts";
import { projectNumber } from "../resource-manager/project-number.ts";
import type { Projects } from "../resource-manager/projects.ts";
import { GoogleError } from "../server/google-error.ts";
import { notImplemented } from "../server/not-implemented.ts";
import type { CloudContext, CloudService, HttpMethod, Route } from "../server/types.ts";
import { createEnabledServices, type EnabledServices, isServiceId, knownServices } from "./enabled-services.ts";
import { withEnforcement } from "./enforcement.ts";

export type ServiceUsage = {
  readonly service: CloudService;
  /** Turns on and off that APIs which are not enabled refuse their calls. Off at first. */
  readonly control: CloudService;
  /** The service, refusing calls for projects that have not enabled it while that is asked for. */
  readonly enforce: (service: CloudService) => CloudService;
};

export function createServiceUsage({ store }: CloudContext, projects: Projects): ServiceUsage {
  const enabled = createEnabledServices(store);
  const settings = store.collection<{ readonly enforce: boolean }>("service-usage.settings");
  const isEnforced = (): boolean => settings.get("enforcement")?.enforce === true;
  const control = (verb: string, enforce: boolean): Route =>
    jsonRoute(
      { method: "POST", template: `/_local/service-usage:${verb}`, rpc: `local.service-usage.${verb}`, write: false },
      () => {
        settings.put("enforcement", { enforce });
        return { enforce };
      },
    );
  return {
    enforce: (service) => withEnforcement(service, (project) => !isEnforced() || enabled.has(project, service.api)),
    control: { api: "local", routes: [control("enforce", true), control("ignore", false)] },
    service: {
      api: "serviceusage.googleapis.com",
      routes: serviceRoutes(enabled, projects),
      ignoredFields: [
        { field: "DisableServiceRequest.disableDependentServices", why: "no service here depends on another" },
        { field: "DisableServiceRequest.checkIfServiceHasUsage", why: "usage is not looked at" },
      ],
    },
  };
}

const rpc = (name: string): string => `serviceusage.services.${name}`;
const single = "/v1/projects/{project}/services/{service}";

function render(enabled: EnabledServices, project: string, service: string): JsonObject {
  const parent = `projects/${projectNumber(project)}`;
  return {
    ...{ name: `${parent}/services/${service}`, parent },
    config: { name: service, title: knownServices[service] ?? service },
    state: enabled.has(project, service) ? "ENABLED" : "DISABLED",
  };
}

/** Done when it answers: the operation is only the form of the reply. */
const operation = (project: string, type: string, response: JsonObject): JsonObject => ({
  name: `operations/acat.p2-${projectNumber(project)}-${crypto.randomUUID()}`,
  done: true,
  response: { "@type": `type.googleapis.com/google.api.serviceusage.v1.${type}`, ...response },
});

function parseService(service: unknown): string {
  if (typeof service === "string" && isServiceId(service)) return service;
  throw new GoogleError("INVALID_ARGUMENT", `Invalid service name "${String(service).slice(0, 100)}".`);
}

const maxBatch = 20;

function parseBatch(ids: unknown): readonly string[] {
  if (Array.isArray(ids) && ids.length > 0 && ids.length <= maxBatch) return ids.map(parseService);
  throw new GoogleError("INVALID_ARGUMENT", `serviceIds must be a list of 1 to ${maxBatch} services.`);
}

function serviceRoutes(enabled: EnabledServices, projects: Projects): readonly Route[] {
  const projectOf = (project: string | undefined): string => projects.resolve(project ?? "").projectId;
  const on = (method: HttpMethod, template: string, name: string, permission: string, handle: JsonHandler): Route =>
    jsonRoute({ method, template, rpc: rpc(name), permission: `serviceusage.services.${permission}` }, handle);
  const change = (verb: "enable" | "disable", type: string): JsonHandler => {
    return ({ params }) => {
      const [project, service] = [projectOf(params["project"]), parseService(params["service"])];
      enabled.set(project, [service], verb === "enable");
      return operation(project, type, { service: render(enabled, project, service) });
    };
  };
  return [
    on("GET", single, "get", "get", ({ params }) =>
      render(enabled, projectOf(params["project"]), parseService(params["service"])),
    ),
    on("GET", "/v1/projects/{project}/services", "list", "list", ({ params, query }) =>
      list(enabled, projectOf(params["project"]), query),
    ),
    on("GET", "/v1/projects/{project}/services:batchGet", "batchGet", "get", ({ params, query }) => {
      const project = projectOf(params["project"]);
      const ids = parseBatch(query.getAll("names").map((name) => name.split("/").at(-1)));
      return { services: ids.map((id) => render(enabled, project, id)) };
    }),
    on("POST", "/v1/projects/{project}/services:batchEnable", "batchEnable", "enable", ({ params }, { serviceIds }) => {
      const [project, ids] = [projectOf(params["project"]), parseBatch(serviceIds)];
      enabled.set(project, ids, true);
      const services = ids.map((id) => render(enabled, project, id));
      return operation(project, "BatchEnableServicesResponse", { services });
    }),
    on("POST", `${single}:enable`, "enable", "enable", change("enable", "EnableServiceResponse")),
    on("POST", `${single}:disable`, "disable", "disable", change("disable", "DisableServiceResponse")),
    notImplemented({ method: "GET", template: "/v1/operations/{operation}", rpc: "serviceusage.operations.get" }),
  ];
}

function list(enabled: EnabledServices, project: string, query: URLSearchParams): JsonObject {
  const filter = query.get("filter") ?? "";
  const state = /^state:(ENABLED|DISABLED)$/.exec(filter)?.[1];
  if (filter !== "" && !state)
    throw new GoogleError("INVALID_ARGUMENT", "The filter must be state:ENABLED or state:DISABLED.");
  const ids = [...new Set([...Object.keys(knownServices), ...enabled.list(project)])].sort();
  const services = ids.map((id) => render(enabled, project, id)).filter((item) => !state || item["state"] === state);
  const request = { pageSize: query.get("pageSize"), pageToken: query.get("pageToken") };
  const page = takePage(services, (item) => String(item["name"]), request, { size: 50, max: 200 });
  return { services: page.items, ...(page.nextPageToken && { nextPageToken: page.nextPageToken }) };
}
