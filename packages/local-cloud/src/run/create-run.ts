// Cloud Run as services of the local cloud: the API that the Node clients speak, and the hosts of what is deployed.

import type { Policies } from "../iam/policies.ts";
import { createIngress, type Ingress } from "../ingress/ingress.ts";
import type { CloudContext, CloudService } from "../server/types.ts";
import { createRunEngine, type RunEngine, type RunEngineOptions } from "./run-engine.ts";
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
  const ingress = createIngress(engine, context);
  const v2 = createRunV2Service(engine, context);
  const stop = async (): Promise<void> => {
    await engine.stop();
    await ingress.close();
  };
  return {
    services: [{ ...v2, hostHandler: ingress, start: engine.start, stop }],
    ...{ engine, ingress },
  };
}
