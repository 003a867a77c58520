// Routes of the JSON API: the same method at each of its places, permission and resource as data.
import type { CloudRequest, CloudResponse, HttpMethod, Route } from "../server/types.ts";
import type { BucketRecord } from "./bucket-record.ts";
import { type BucketStore, bucketResourceName } from "./bucket-store.ts";
import { applyFields, parseFields } from "./partial-response.ts";
import { StorageError } from "./storage-error.ts";

export type StorageMethod = {
  /** As in Google's discovery document: `storage.objects.get`. */
  readonly rpc: string;
  readonly method: HttpMethod;
  /** Below the API's root: `b/{bucket}/o/{object}`. */
  readonly path: string;
  /** https://cloud.google.com/storage/docs/access-control/iam-json; on the bucket in the path, or on the project in the query. */
  readonly permission?: string;
  /** Answered with a refusal, whatever is asked. */
  readonly refused?: boolean;
  readonly handle: (request: CloudRequest) => CloudResponse | Promise<CloudResponse>;
};

/** `b/…` alone is where clients with STORAGE_EMULATOR_HOST look. */
const API_ROOTS = ["/storage/v1/", "/"] as const;

export const param = (request: CloudRequest, name: string): string => request.params[name] ?? "";

export const projectOf = ({ query }: CloudRequest): string => {
  const project = query.get("project");
  if (project === null || project === "") throw new StorageError("required", "Required parameter: project", "project");
  return project;
};

/** A route's parameter that names its bucket: `destinationBucket` for a copy. */
const bucketParam = (path: string): string | undefined => /\{(bucket|destinationBucket)\}/.exec(path)?.[1];

/** What the permission is asked on. A bucket that does not exist is 404 for everyone. */
const resourceOf =
  (buckets: BucketStore, path: string) =>
  (request: CloudRequest): string => {
    const name = bucketParam(path);
    return name === undefined
      ? `projects/${request.params["projectId"] ?? projectOf(request)}`
      : bucketResourceName(buckets.require(param(request, name)).name);
  };

export const storageRoutes = (
  buckets: BucketStore,
  { rpc, method, path, permission, refused, handle }: StorageMethod,
  roots: readonly string[] = API_ROOTS,
): readonly Route[] =>
  roots.map((root) => ({
    method,
    template: `${root}${path}`,
    rpc,
    write: method !== "GET" && method !== "HEAD",
    ...(refused && { refused }),
    ...(permission !== undefined && { permission, resource: resourceOf(buckets, path) }),
    handle,
  }));

/** 200 with what the `fields` parameter selects. */
export const jsonResponse = (request: CloudRequest, resource: unknown): CloudResponse => ({
  status: 200,
  json: applyFields(resource, parseFields(request.query.get("fields"))),
});

const PUBLIC_ACLS = ["publicRead", "publicReadWrite", "authenticatedRead"];

/** ACLs are not kept. What would open something is refused; what grants the project's own members changes nothing. */
export const refuseAcls = ({ query }: CloudRequest, bucket: BucketRecord | undefined): void => {
  for (const name of ["predefinedAcl", "destinationPredefinedAcl", "predefinedDefaultObjectAcl"]) {
    const acl = query.get(name);
    if (acl === null) continue;
    if (bucket?.config.iamConfiguration.uniformBucketLevelAccess.enabled)
      throw new StorageError(
        "invalid",
        "Cannot insert legacy ACL for an object when uniform bucket-level access is enabled. Read more at https://cloud.google.com/storage/docs/uniform-bucket-level-access",
        name,
      );
    if (PUBLIC_ACLS.includes(acl))
      throw new StorageError("notImplemented", `${name}=${acl} is not implemented in the local cloud: use IAM.`, name);
  }
};

/** gcloud writes `True`, as Python does. */
export const isFlagSet = ({ query }: CloudRequest, name: string): boolean => query.get(name)?.toLowerCase() === "true";

/** Answers with 501 for a parameter that changes what is returned and that is not done here. */
export const refuseParameters = ({ query }: CloudRequest, ...names: readonly string[]): void => {
  const given = names.find((name) => !["", "false"].includes((query.get(name) ?? "").toLowerCase()));
  if (given !== undefined)
    throw new StorageError("notImplemented", `${given} is not implemented in the local cloud.`, given);
};
