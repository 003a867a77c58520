import { renderPolicy, setPolicy, testPermissions } from "../../iam/policy-handlers.ts";
import type { CloudContext, CloudRequest, Route } from "../../server/types.ts";
import type { RunEngine } from "../run-engine.ts";
import { global, nameOf, route } from "./v1-route.ts";

/** Policies of resources that exist, on the host without a region. */
export function policyRoutes(
  { policies, services, jobs, workerPools, state }: RunEngine,
  { allows }: CloudContext,
): readonly Route[] {
  const kinds = [
    {
      path: "services",
      kind: "services",
      collection: state.services,
      get: (name: string): unknown => services.get(name),
    },
    { path: "jobs", kind: "jobs", collection: state.jobs, get: (name: string): unknown => jobs.get(name) },
    {
      path: "workerpools",
      kind: "workerPools",
      collection: state.workerPools,
      get: (name: string): unknown => workerPools.get(name),
    },
  ] as const;
  return kinds.flatMap(({ path, kind, collection, get }) => {
    const nameIn = (request: CloudRequest): string => {
      const name = nameOf(request, kind, collection);
      get(name);
      return name;
    };
    const template = `${global}/${path}/{name}`;
    const rpc = `projects.locations.${path}`;
    return [
      route("GET", `${template}:getIamPolicy`, `${rpc}.getIamPolicy`, `${path}.getIamPolicy`, (request) =>
        renderPolicy(policies.get(nameIn(request))),
      ),
      route("POST", `${template}:setIamPolicy`, `${rpc}.setIamPolicy`, `${path}.setIamPolicy`, (request, body) =>
        setPolicy(policies, nameIn(request), body),
      ),
      route("POST", `${template}:testIamPermissions`, `${rpc}.testIamPermissions`, undefined, (request, body) =>
        testPermissions(allows, request.principal, nameIn(request), body),
      ),
    ];
  });
}
