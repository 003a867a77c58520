// What gcloud, gsutil and their like need to take the local cloud for Google: `eval "$(pnpm -s local env)"`. Pure.

export type CloudEnvironment = {
  readonly port: number;
  readonly project: string;
  /** A folder of its own for gcloud's configuration: the caller's own one is never touched. */
  readonly configDir: string;
  /** Of the cloud: gcloud speaks gRPC, which it does with TLS alone, to whom this certificate is of. */
  readonly certificate: string;
};

/** gcloud sends these through the proxy, so that the region, which is in the host name alone, arrives. */
const overrides: Readonly<Record<string, string>> = {
  ARTIFACTREGISTRY: "http://artifactregistry.googleapis.com/",
  CLOUDRESOURCEMANAGER: "http://cloudresourcemanager.googleapis.com/",
  IAM: "http://iam.googleapis.com/",
  LOGGING: "http://logging.googleapis.com/",
  REDIS: "http://redis.googleapis.com/",
  RUN: "http://run.googleapis.com/",
  SECRETMANAGER: "http://secretmanager.googleapis.com/",
  SERVICEUSAGE: "http://serviceusage.googleapis.com/",
  SQL: "http://sqladmin.googleapis.com/",
};

/** Variables for Google's tools, in the order in which they are printed. */
export function cloudVariables({
  port,
  project,
  configDir,
  certificate,
}: CloudEnvironment): Readonly<Record<string, string>> {
  return {
    CLOUDSDK_CONFIG: configDir,
    CLOUDSDK_CORE_PROJECT: project,
    CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: `${configDir}/token`,
    CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE: certificate,
    CLOUDSDK_PROXY_TYPE: "http",
    CLOUDSDK_PROXY_ADDRESS: "127.0.0.1",
    CLOUDSDK_PROXY_PORT: String(port),
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1",
    CLOUDSDK_CORE_CHECK_GCE_METADATA: "0",
    CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API: "0",
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "1",
    CLOUDSDK_SURVEY_DISABLE_PROMPTS: "1",
    ...Object.fromEntries(
      Object.entries(overrides).map(([api, url]) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api}`, url]),
    ),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `http://127.0.0.1:${port}/storage/v1/`,
    BOTO_CONFIG: `${configDir}/boto`,
  };
}

/** gsutil of its own insists on TLS: it hands over to `gcloud storage`, which has the endpoint above. */
export const botoConfig = "[GSUtil]\nuse_gcloud_storage = True\n";

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const exportLines = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `export ${name}=${quoted(value)}`)
    .join("\n");
