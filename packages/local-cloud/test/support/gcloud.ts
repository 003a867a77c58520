import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** APIs whose endpoints gcloud takes from its environment, by the name of its property. */
const apis = {
  ARTIFACTREGISTRY: "artifactregistry",
  CLOUDRESOURCEMANAGER: "cloudresourcemanager",
  IAM: "iam",
  LOGGING: "logging",
  REDIS: "redis",
  RUN: "run",
  SECRETMANAGER: "secretmanager",
  SERVICEUSAGE: "serviceusage",
  SQL: "sqladmin",
} as const;

/**
 * Environment in which gcloud and gsutil take the local cloud for Google. `folder` holds their private configuration;
 * `token` says who calls: `email:a@b.c` or any text.
 */
export const gcloudEnvironment = (
  folder: string,
  port: number,
  { project = "demo", token = "test" }: { readonly project?: string; readonly token?: string } = {},
): Record<string, string> => {
  const configuration = join(folder, "gcloud");
  mkdirSync(configuration, { recursive: true });
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const boto = join(folder, "boto");
  writeFileSync(boto, "[GSUtil]\nuse_gcloud_storage = True\n");
  const endpoints = Object.entries(apis).map(([name, api]) => [
    `CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`,
    `http://${api}.googleapis.com/`,
  ]);
  return {
    CLOUDSDK_CONFIG: configuration,
    CLOUDSDK_CORE_PROJECT: project,
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1",
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "1",
    CLOUDSDK_CORE_CHECK_GCE_METADATA: "0",
    CLOUDSDK_SURVEY_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API: "0",
    CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: tokenFile,
    CLOUDSDK_PROXY_TYPE: "http",
    CLOUDSDK_PROXY_ADDRESS: "127.0.0.1",
    CLOUDSDK_PROXY_PORT: String(port),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: "http://storage.googleapis.com/storage/v1/",
    ...Object.fromEntries(endpoints),
    BOTO_CONFIG: boto,
  };
};
