// The v1 API of Cloud Run, on the same state as v2: it is all that gcloud speaks.
// https://cloud.google.com/run/docs/reference/rest#rest-resource:-v1.namespaces.services
import type { CloudContext, Route } from "../../server/types.ts";
import type { DomainMappings } from "../domain-mappings.ts";
import type { RunEngine } from "../run-engine.ts";
import { domainRoutes } from "./domain-routes.ts";
import { jobRoutes } from "./job-routes.ts";
import { locationRoutes } from "./location-routes.ts";
import { policyRoutes } from "./policy-routes.ts";
import { revisionRoutes, serviceRoutes } from "./service-routes.ts";
import { workerPoolRoutes } from "./worker-pool-routes.ts";

export const createV1Routes = (
  engine: RunEngine,
  mappings: DomainMappings,
  context: CloudContext,
): readonly Route[] => [
  ...serviceRoutes(engine),
  ...revisionRoutes(engine),
  ...jobRoutes(engine),
  ...workerPoolRoutes(engine),
  ...policyRoutes(engine, context),
  ...domainRoutes(mappings),
  ...locationRoutes(),
];
