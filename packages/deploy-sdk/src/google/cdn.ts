// Cloud CDN's invalidation: one request of the Compute API, for which its client would bring 100 MB of all the others.
// https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps/invalidateCache
import { randomUUID } from "node:crypto";
import { DeployError } from "../deploy-error.ts";
import type { Call, CdnTarget } from "../target.ts";
import type { Transport } from "./transport.ts";

export const createCdn = (project: string, transport: Transport): CdnTarget => ({
  invalidate: async ({ urlMap, host, path }, call) => {
    try {
      const response = await transport.request({
        api: "compute",
        method: "POST",
        // With the same id a request that is sent again starts nothing new.
        path: `/compute/v1/projects/${project}/global/urlMaps/${urlMap}/invalidateCache?requestId=${randomUUID()}`,
        json: { host, path },
        idempotent: true,
        ...call,
      });
      await response.discard();
    } catch (error) {
      throw error instanceof DeployError && error.code === "permission-denied" ? withGrant(error, call) : error;
    }
  },
});

/** No role that is made for it is small enough to be granted unasked: those that have it may change load balancers. */
const withGrant = (cause: DeployError, { subject }: Call): DeployError =>
  new DeployError("permission-denied", {
    subject,
    message: cause.message,
    details: cause.details,
    cause,
    hint: "the deployer needs compute.urlMaps.invalidateCache, by a role of your own: docs/setup.md, 5. Domains",
  });
