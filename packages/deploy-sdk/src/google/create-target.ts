import type { Stack } from "@slipway/config";
import type { Target } from "../target.ts";
import type { Runtime } from "../types.ts";
import { createCdn } from "./cdn.ts";
import { type Clients, createClients } from "./clients.ts";
import { createTransport } from "./create-transport.ts";
import type { Credentials } from "./credentials.ts";
import { createLogs } from "./logs.ts";
import { createObjectStore } from "./object-store-create.ts";
import { createRegistry } from "./registry.ts";
import { createJobs } from "./run-jobs.ts";
import { createServices, createWorkerPools } from "./run-services.ts";
import { createSecretVersions } from "./secret-versions.ts";
import { createStateStore } from "./state-store.ts";
import type { Transport } from "./transport.ts";

export type TargetOptions = {
  /** Ends what names no signal of its own. */
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  /** Default: Application Default Credentials, or a plain name on a loopback endpoint. */
  readonly credentials?: Credentials;
  /** No byte in either direction for this long ends an attempt. Default: that of retry.ts. */
  readonly stallMs?: number;
};

/** What provisioning and secrets need beyond a release: Google's APIs themselves. */
export type GoogleTarget = Target & { readonly google: { readonly transport: Transport; readonly clients: Clients } };

/** Google Cloud, or a cloud that speaks as it does, as the target of `stack`'s environment. Close it. */
export function createTarget(stack: Stack, options: TargetOptions): GoogleTarget {
  const { environment } = stack;
  const { runtime } = options;
  const { project, region, stateBucket: bucket, name } = environment;
  const transport = createTransport({ environment, ...options });
  const clients = createClients(environment, transport);
  const run = { parent: `projects/${project}/locations/${region}`, transport, clients, runtime };
  const objects: Target["objects"] = (of, subject) => createObjectStore(transport, of, subject);
  return {
    state: createStateStore({
      bucket,
      environment: name,
      objects: objects(bucket, `state bucket "${bucket}" of ${name}`),
      transport,
      now: runtime.now,
    }),
    services: createServices(run),
    workers: createWorkerPools(run),
    jobs: createJobs(run),
    secrets: createSecretVersions(project, transport),
    logs: createLogs(project, transport),
    registry: createRegistry(transport, stack),
    objects,
    cdn: createCdn(project, transport),
    callerHeaders: async (serviceUrl) => {
      const identity = await transport.identityToken(new URL(serviceUrl).origin);
      if (identity.token === undefined) return identity;
      // Cloud Run takes this header for its own check and leaves `Authorization` to the service.
      return { headers: { "x-serverless-authorization": `Bearer ${identity.token}` } };
    },
    google: { transport, clients },
    close: () => transport.close(),
  };
}
