// Cloud Run as services of the local cloud: the APIs that the Node clients and gcloud speak, and the hosts of what is deployed.

import type { Policies } from "../iam/policies.ts";
import { Ingress } from "../ingress/ingress.ts";
import type { CloudContext, CloudService } from "../server/types.ts";
import { createDomainMappings } from "./domain-mappings.ts";
import { createRunEngine, type RunEngine, type RunEngineOptions } from "./run-engine.ts";
import { ignoredFields } from "./v1/ignored-fields.ts";
import { createV1Routes } from "./v1/v1-routes.ts";
import { createRunV2Service } from "./v2/run-v2-service.ts";

export type Run = {
  readonly services: readonly CloudService[];
  readonly engine: RunEngine;
  readonly ingress: Ingress;
};

/** Policies whose changes are told to the ingress at once. */
const tellIngress = (policies: Policies, forget: (service: string) => void): Policies => ({
  ...policies,
  set: (resource, policy) => {
    const stored = policies.set(resource, policy);
    forget(resource);
    return stored;
  },
});

export function createRun(context: CloudContext, options: RunEngineOptions): Run {
  const policies = tellIngress(options.policies, (service) => ingress.forgetPolicy(service));
  const engine = createRunEngine(context, { ...options, policies });
  const ingress = new Ingress(engine, context);
  const v2 = createRunV2Service(engine, context);
  const mappings = createDomainMappings({
    ...{ store: context.store, now: context.now, setDomain: (domain, service) => ingress.setDomain(domain, service) },
    hasService: (name) => engine.state.services.get(name) !== undefined,
  });
  const v1: CloudService = {
    api: "run.googleapis.com",
    routes: createV1Routes(engine, mappings, context),
    ignoredFields,
  };
  const start = async (): Promise<void> => {
    mappings.start();
    await engine.start();
  };
  const stop = async (): Promise<void> => {
    await engine.stop();
    await ingress.close();
  };
  return {
    services: [{ ...v2, hostHandler: ingress, start, stop }, v1],
    ...{ engine, ingress },
  };
}
