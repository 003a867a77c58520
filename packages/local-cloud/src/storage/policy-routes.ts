// https://cloud.google.com/storage/docs/json_api/v1/buckets/getIamPolicy and its siblings
import type { CloudRequest, Route, StoredPolicy } from "../server/types.ts";
import { readPolicy } from "./bucket-policy.ts";
import { bucketResourceName } from "./bucket-store.ts";
import { asBody } from "./json-value.ts";
import type { StorageContext } from "./storage-context.ts";
import { jsonResponse, param, type StorageMethod, storageRoutes } from "./storage-route.ts";

const policyResource = (bucket: string, { version, etag, bindings }: StoredPolicy) => ({
  kind: "storage#policy",
  resourceId: `projects/_/buckets/${bucket}`,
  version,
  etag,
  bindings,
});

const set = ({ buckets }: StorageContext, request: CloudRequest, json: unknown) => {
  const bucket = buckets.require(param(request, "bucket"));
  const policy = readPolicy(asBody(json), buckets.policy(bucket.name), bucket);
  buckets.setPolicy(bucket.name, policy);
  return jsonResponse(request, policyResource(bucket.name, policy));
};

/** Those of the permissions asked for that a call of this caller would be granted, in the cloud's mode. */
const testPermissions = ({ buckets, cloud }: StorageContext, request: CloudRequest) => {
  const bucket = buckets.require(param(request, "bucket"));
  const granted = (permission: string): boolean => {
    try {
      cloud.authorize(request.principal, permission, bucketResourceName(bucket.name));
      return true;
    } catch {
      return false;
    }
  };
  return jsonResponse(request, {
    kind: "storage#testIamPermissionsResponse",
    permissions: [...new Set(request.query.getAll("permissions"))].filter(granted),
  });
};

export const policyRoutes = (context: StorageContext): readonly Route[] => {
  const { buckets } = context;
  const methods: readonly StorageMethod[] = [
    {
      ...{ rpc: "storage.buckets.getIamPolicy", method: "GET", path: "b/{bucket}/iam" },
      permission: "storage.buckets.getIamPolicy",
      handle: (request) => {
        const { name } = buckets.require(param(request, "bucket"));
        return jsonResponse(request, policyResource(name, buckets.policy(name)));
      },
    },
    {
      ...{ rpc: "storage.buckets.setIamPolicy", method: "PUT", path: "b/{bucket}/iam" },
      permission: "storage.buckets.setIamPolicy",
      handle: async (request) => set(context, request, await request.json()),
    },
    {
      ...{ rpc: "storage.buckets.testIamPermissions", method: "GET", path: "b/{bucket}/iam/testPermissions" },
      handle: (request) => testPermissions(context, request),
    },
  ];
  return methods.flatMap((method) => storageRoutes(buckets, method));
};
