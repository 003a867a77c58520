import type { Store } from "../store/types.ts";

/** What the local cloud serves, and what Google's tools ask for beside it. */
export const knownServices: Readonly<Record<string, string>> = {
  "artifactregistry.googleapis.com": "Artifact Registry API",
  "cloudbuild.googleapis.com": "Cloud Build API",
  "cloudresourcemanager.googleapis.com": "Cloud Resource Manager API",
  "compute.googleapis.com": "Compute Engine API",
  "iam.googleapis.com": "Identity and Access Management (IAM) API",
  "iamcredentials.googleapis.com": "IAM Service Account Credentials API",
  "logging.googleapis.com": "Cloud Logging API",
  "redis.googleapis.com": "Google Cloud Memorystore for Redis API",
  "run.googleapis.com": "Cloud Run Admin API",
  "secretmanager.googleapis.com": "Secret Manager API",
  "serviceusage.googleapis.com": "Service Usage API",
  "sql-component.googleapis.com": "Cloud SQL",
  "sqladmin.googleapis.com": "Cloud SQL Admin API",
  "storage-api.googleapis.com": "Google Cloud Storage JSON API",
  "storage-component.googleapis.com": "Cloud Storage",
  "storage.googleapis.com": "Cloud Storage API",
  "sts.googleapis.com": "Security Token Service API",
};

/** Enabled in every new project: https://cloud.google.com/service-usage/docs/enabled-service#default */
const enabledAtFirst: readonly string[] = [
  "logging.googleapis.com",
  "serviceusage.googleapis.com",
  "sql-component.googleapis.com",
  "storage-api.googleapis.com",
  "storage-component.googleapis.com",
  "storage.googleapis.com",
];

export const isServiceId = (text: string): boolean => text.length <= 200 && /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(text);

export type EnabledServices = {
  readonly has: (project: string, service: string) => boolean;
  readonly set: (project: string, services: readonly string[], enabled: boolean) => void;
  /** Every service whose state was ever set. */
  readonly list: (project: string) => readonly string[];
};

export function createEnabledServices(store: Store): EnabledServices {
  const states = store.collection<{ readonly enabled: boolean }>("service-usage.states");
  return {
    has: (project, service) => states.get(`${project}/${service}`)?.enabled ?? enabledAtFirst.includes(service),
    set: (project, services, enabled) =>
      store.transaction(() => {
        for (const service of services) states.put(`${project}/${service}`, { enabled });
      }),
    list: (project) => states.list({ prefix: `${project}/` }).map(({ name }) => name.slice(project.length + 1)),
  };
}
