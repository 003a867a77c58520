// Services, configurations, routes and revisions of the v1 API.
import type { JsonObject } from "../../json/json-object.ts";
import type { CloudRequest, Route } from "../../server/types.ts";
import type { Revision } from "../model.ts";
import { formatParent } from "../resource-names.ts";
import type { RunEngine } from "../run-engine.ts";
import { parseService, renderConfiguration, renderRoute, renderService } from "./knative-service.ts";
import { renderRevision, servingVersion } from "./revision-template.ts";
import { locationOf } from "./v1-request.ts";
import {
  byAge,
  done,
  global,
  type Handler,
  inScope,
  keepTemplate,
  listOf,
  nameOf,
  route,
  selectItems,
  serving,
  write,
} from "./v1-route.ts";

export function serviceRoutes({ services, state }: RunEngine): readonly Route[] {
  const nameIn = (request: CloudRequest): string => nameOf(request, "services", state.services);
  const list: Handler = (request) =>
    listOf(servingVersion, "Service", inScope(request, state.services, "services").map(renderService));
  const get: Handler = (request) => renderService(services.get(nameIn(request)));
  const create: Handler = (request, body) => {
    const { id, input } = parseService(body);
    const location = locationOf(request);
    services.create({
      ...write(request, "google.cloud.run.v2.Services.CreateService"),
      parent: formatParent(location),
      id,
      input,
    });
    return renderService(services.get(`${formatParent(location)}/services/${id}`));
  };
  const replace: Handler = (request, body) => {
    const current = services.get(nameIn(request));
    const { name } = current;
    const input = keepTemplate(parseService(body).input, parseService(renderService(current)).input, current.template);
    services.update({ ...write(request, "google.cloud.run.v2.Services.UpdateService"), name, input });
    return renderService(services.get(name));
  };
  const remove: Handler = (request) => {
    services.delete({ ...write(request, "google.cloud.run.v2.Services.DeleteService"), name: nameIn(request) });
    return done;
  };
  return [
    route("GET", `${serving}/services`, "namespaces.services.list", "services.list", list),
    route("POST", `${serving}/services`, "namespaces.services.create", "services.create", create),
    route("GET", `${serving}/services/{name}`, "namespaces.services.get", "services.get", get),
    route("PUT", `${serving}/services/{name}`, "namespaces.services.replaceService", "services.update", replace),
    route("DELETE", `${serving}/services/{name}`, "namespaces.services.delete", "services.delete", remove),
    route("GET", `${global}/services`, "projects.locations.services.list", "services.list", list),
    route("GET", `${global}/services/{name}`, "projects.locations.services.get", "services.get", get),
    route("GET", `${serving}/configurations`, "namespaces.configurations.list", "configurations.list", (request) =>
      listOf(servingVersion, "Configuration", inScope(request, state.services, "services").map(renderConfiguration)),
    ),
    route("GET", `${serving}/configurations/{name}`, "namespaces.configurations.get", "configurations.get", (request) =>
      renderConfiguration(services.get(nameIn(request))),
    ),
    route("GET", `${serving}/routes`, "namespaces.routes.list", "routes.list", (request) =>
      listOf(servingVersion, "Route", inScope(request, state.services, "services").map(renderRoute)),
    ),
    route("GET", `${serving}/routes/{name}`, "namespaces.routes.get", "routes.get", (request) =>
      renderRoute(services.get(nameIn(request))),
    ),
  ];
}

export function revisionRoutes({ revisions, state }: RunEngine): readonly Route[] {
  const render = (revision: Revision): JsonObject => {
    const pin = state.pins.get(revision.name);
    return renderRevision(revision, pin?.generation ?? "1", pin?.image);
  };
  const all = (request: CloudRequest): readonly Revision[] => [
    ...inScope(request, state.revisions, "services"),
    ...inScope(request, state.revisions, "workerPools"),
  ];
  /** v1 knows a revision by its short name alone. */
  const find = (request: CloudRequest): Revision => {
    const id = request.params["name"] ?? "";
    const found = all(request).find(({ name }) => name.endsWith(`/revisions/${id}`));
    return found ?? revisions.get(`revisions/${id}`);
  };
  const list: Handler = (request) =>
    listOf(servingVersion, "Revision", selectItems(request, all(request).toSorted(byAge).map(render)));
  return [
    route("GET", `${serving}/revisions`, "namespaces.revisions.list", "revisions.list", list),
    route("GET", `${serving}/revisions/{name}`, "namespaces.revisions.get", "revisions.get", (request) =>
      render(find(request)),
    ),
    route("DELETE", `${serving}/revisions/{name}`, "namespaces.revisions.delete", "revisions.delete", (request) => {
      revisions.delete(find(request).name, undefined, request.query.get("dryRun") === "all");
      return done;
    }),
  ];
}
