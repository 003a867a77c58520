// Google's own clients of Cloud Run against a started stack: what somebody else does to it.
import { JobsClient, ServicesClient } from "@google-cloud/run";
import { PassThroughClient } from "google-auth-library";

export type RunClients = {
  readonly jobs: JobsClient;
  readonly services: ServicesClient;
  /** Full name of a resource of environment local: `projects/botbalance-local/locations/…/services/botbalance-api`. */
  readonly nameOf: (collection: "jobs" | "services", id: string) => string;
};

export function createRunClients(endpoint: string): RunClients {
  const { hostname, port } = new URL(endpoint);
  const options = {
    fallback: true as const,
    protocol: "http",
    apiEndpoint: hostname,
    port: Number(port),
    projectId: "botbalance-local",
    authClient: new PassThroughClient() as never,
  };
  return {
    jobs: new JobsClient(options),
    services: new ServicesClient(options),
    nameOf: (collection, id) => `projects/botbalance-local/locations/asia-southeast1/${collection}/${id}`,
  };
}
