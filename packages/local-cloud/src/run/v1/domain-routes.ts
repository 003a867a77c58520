// Domain mappings of the v1 API: the only one that has them.
import type { JsonObject } from "../../json/json-object.ts";
import type { CloudRequest, Route } from "../../server/types.ts";
import type { DomainMapping, DomainMappings } from "../domain-mappings.ts";
import { domainsVersion, parseDomainMapping, renderDomainMapping } from "./knative-domain-mapping.ts";
import { locationOf, scopeOf } from "./v1-request.ts";
import { domains, done, listOf, route } from "./v1-route.ts";

/** Every domain counts as verified here: gcloud asks whether one of these is part of it, and the root of all names is. */
const authorizedDomains: JsonObject = { domains: [{ id: ".", name: "." }] };

export function domainRoutes(mappings: DomainMappings): readonly Route[] {
  const find = (request: CloudRequest): DomainMapping => {
    const { project, location } = scopeOf(request);
    return mappings.find({ project, ...(location && { location }) }, request.params["name"] ?? "");
  };
  return [
    route(
      "GET",
      "/v1/projects/{project}/authorizeddomains",
      "projects.authorizeddomains.list",
      "domainmappings.list",
      () => authorizedDomains,
    ),
    route(
      "GET",
      `${domains}/authorizeddomains`,
      "namespaces.authorizeddomains.list",
      "domainmappings.list",
      () => authorizedDomains,
    ),
    route("GET", `${domains}/domainmappings`, "namespaces.domainmappings.list", "domainmappings.list", (request) => {
      const { project, location } = scopeOf(request);
      return listOf(
        domainsVersion,
        "DomainMapping",
        mappings.list({ project, ...(location && { location }) }).map(renderDomainMapping),
      );
    }),
    route(
      "POST",
      `${domains}/domainmappings`,
      "namespaces.domainmappings.create",
      "domainmappings.create",
      (request, body) => {
        const { domain, service, override } = parseDomainMapping(body);
        return renderDomainMapping(
          mappings.create(locationOf(request), domain, service, { principal: request.principal, override }),
        );
      },
    ),
    route("GET", `${domains}/domainmappings/{name}`, "namespaces.domainmappings.get", "domainmappings.get", (request) =>
      renderDomainMapping(find(request)),
    ),
    route(
      "DELETE",
      `${domains}/domainmappings/{name}`,
      "namespaces.domainmappings.delete",
      "domainmappings.delete",
      (request) => {
        mappings.delete(find(request));
        return done;
      },
    ),
  ];
}
