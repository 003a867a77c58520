// Where Google says which permission a method needs. What no page was found for is unverified: it follows from the names of
// the method and of the permissions that its roles have.

type Source = {
  readonly api: string;
  /** Methods that the page was read for. */
  readonly covers: RegExp;
  readonly page: (rpc: string) => string;
};

const always = (page: string) => (): string => page;

/** `iam.projects.serviceAccounts.create` → `projects.serviceAccounts/create`, as pages of the REST references are called. */
const restPage =
  (root: string) =>
  (rpc: string): string =>
    `${root}/${rpc.replace(/^[^.]+\./, "").replace(/\.([^.]+)$/, "/$1")}`;

const secretPages = "https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets";

/** `…SecretManagerService.AccessSecretVersion` → `projects.secrets.versions/access`. */
const secretPage = (rpc: string): string => {
  const method = rpc.slice(rpc.lastIndexOf(".") + 1);
  if (method === "AddSecretVersion") return `${secretPages}/addVersion`;
  const [, verb = "", kind] = /^([A-Z][a-z]+)(SecretVersions?|Secrets?)$/.exec(method) ?? [];
  if (kind === undefined) return `${secretPages}/${method.charAt(0).toLowerCase()}${method.slice(1)}`;
  const name = verb === "Update" ? "patch" : verb.toLowerCase();
  return `${secretPages}${kind.startsWith("SecretVersion") ? ".versions" : ""}/${name}`;
};

/** Docker's methods, by the names that the page of audit logs has for them: `ServeBlob` is GetBlob, `GetTags` ListTags. */
const dockerMethods =
  /\.(CancelUpload|Delete(Blob|Manifest)|FinishUpload|(Get|Head)(Blob|Manifest)|ListTags|PutManifest|StartUpload)$/;

// Pages of audit logs name, method by method, the permissions that are checked. Two name one more than is asked for here:
// `uploadArtifacts` of HeadBlob, which a pull does without, and `updateAuth` of the creation of a Redis.
const sources: readonly Source[] = [
  {
    api: "run.googleapis.com",
    covers: /^(?!.*(domain|operations|Operations))/,
    page: always("https://cloud.google.com/run/docs/reference/iam/permissions"),
  },
  { api: "secretmanager.googleapis.com", covers: /^/, page: secretPage },
  {
    api: "storage.googleapis.com",
    covers: /serviceAccount/,
    page: always("https://cloud.google.com/storage/docs/access-control/iam-console"),
  },
  {
    api: "storage.googleapis.com",
    covers: /getStorageLayout/,
    page: always("https://cloud.google.com/storage/docs/json_api/v1/buckets/getStorageLayout"),
  },
  {
    api: "storage.googleapis.com",
    covers: /^(?!.*batch)/,
    page: always("https://cloud.google.com/storage/docs/access-control/iam-json"),
  },
  {
    api: "sqladmin.googleapis.com",
    covers: /^sql\.(instances\.(list|get|insert)|users\.(list|insert)|databases\.list|operations\.(get|list))$/,
    page: always("https://cloud.google.com/sql/docs/postgres/iam-permissions"),
  },
  {
    api: "sqladmin.googleapis.com",
    covers: /^sql\.(instances|databases|users)\./,
    page: always("https://cloud.google.com/sql/docs/sqlserver/audit-logging"),
  },
  {
    api: "artifactregistry.googleapis.com",
    covers: /\.ArtifactRegistry\./,
    page: always("https://cloud.google.com/artifact-registry/docs/audit-logging"),
  },
  {
    api: "docker.pkg.dev",
    covers: dockerMethods,
    page: always("https://cloud.google.com/artifact-registry/docs/audit-logging"),
  },
  {
    api: "redis.googleapis.com",
    covers: /^/,
    page: always("https://cloud.google.com/memorystore/docs/redis/audit-logs"),
  },
  {
    api: "serviceusage.googleapis.com",
    covers: /^(?!.*batchGet)/,
    page: always("https://cloud.google.com/service-usage/docs/access-control"),
  },
  {
    api: "iam.googleapis.com",
    covers: /serviceAccounts/,
    page: restPage("https://cloud.google.com/iam/docs/reference/rest/v1"),
  },
  {
    api: "cloudresourcemanager.googleapis.com",
    covers: /projects/,
    page: restPage("https://cloud.google.com/resource-manager/reference/rest/v1"),
  },
];

/** The page that names the permission of a method; undefined: unverified. */
export const permissionPage = (api: string, rpc: string): string | undefined =>
  sources.find((source) => source.api === api && source.covers.test(rpc))?.page(rpc);
