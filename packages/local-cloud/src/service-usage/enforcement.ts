import { projectNumber } from "../resource-manager/project-number.ts";
import { GoogleError } from "../server/google-error.ts";
import type { CloudRequest, CloudService, Route } from "../server/types.ts";
import { knownServices } from "./enabled-services.ts";

/** A service whose calls for a project are refused as Google refuses them while `isUsable` says no. */
export function withEnforcement(service: CloudService, isUsable: (project: string) => boolean): CloudService {
  const guard = (route: Route): Route => ({
    ...route,
    handle: (request) => {
      const project = projectOf(request);
      if (project !== undefined && !isUsable(project)) throw disabled(service.api, project);
      return route.handle(request);
    },
  });
  return { ...service, routes: service.routes.map(guard) };
}

/** Calls that name no project by its id, such as those on a bucket, are never refused. */
const projectOf = ({ path }: CloudRequest): string | undefined =>
  /\/(?:projects|namespaces)\/([a-z][a-z0-9-]*)/.exec(path)?.[1];

/** https://cloud.google.com/apis/docs/troubleshooting */
function disabled(api: string, project: string): GoogleError {
  const consumer = `projects/${projectNumber(project)}`;
  const url = `https://console.developers.google.com/apis/api/${api}/overview?project=${projectNumber(project)}`;
  const title = knownServices[api] ?? api;
  const message = `${title} has not been used in project ${projectNumber(project)} before or it is disabled. Enable it by visiting ${url} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`;
  const info = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason: "SERVICE_DISABLED",
    domain: "googleapis.com",
  };
  const details = [{ ...info, metadata: { service: api, serviceTitle: title, consumer } }];
  return new GoogleError("PERMISSION_DENIED", message, { details });
}
