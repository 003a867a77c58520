// Methods of the JSON API that the local cloud does not have, by name, and the few whose honest answer is "none".
// Source: Google's discovery document, https://storage.googleapis.com/$discovery/rest?version=v1

import { projectNumber } from "../resource-manager/project-number.ts";
import { notImplemented } from "../server/not-implemented.ts";
import type { CloudRequest, HttpMethod, Route } from "../server/types.ts";
import type { StorageContext } from "./storage-context.ts";
import { notImplementedHere, StorageError } from "./storage-error.ts";
import { jsonResponse, param, storageRoutes } from "./storage-route.ts";

const crud = (
  name: string,
  collection: string,
  item: string,
  methods: readonly ("list" | "get" | "insert" | "patch" | "update" | "delete")[],
): readonly (readonly [string, HttpMethod, string])[] => {
  const places = {
    list: ["GET", collection],
    get: ["GET", item],
    insert: ["POST", collection],
    patch: ["PATCH", item],
    update: ["PUT", item],
    delete: ["DELETE", item],
  } as const;
  return methods.map((method) => [`storage.${name}.${method}`, ...places[method]]);
};

const refused: readonly (readonly [string, HttpMethod, string])[] = [
  ...crud("anywhereCaches", "b/{bucket}/anywhereCaches", "b/{bucket}/anywhereCaches/{id}", ["get", "insert", "list"]),
  ["storage.anywhereCaches.update", "PATCH", "b/{bucket}/anywhereCaches/{id}"],
  ["storage.anywhereCaches.disable", "POST", "b/{bucket}/anywhereCaches/{id}/disable"],
  ["storage.anywhereCaches.pause", "POST", "b/{bucket}/anywhereCaches/{id}/pause"],
  ["storage.anywhereCaches.resume", "POST", "b/{bucket}/anywhereCaches/{id}/resume"],
  ["storage.buckets.lockRetentionPolicy", "POST", "b/{bucket}/lockRetentionPolicy"],
  ["storage.buckets.relocate", "POST", "b/{bucket}/relocate"],
  ["storage.buckets.restore", "POST", "b/{bucket}/restore"],
  ["storage.buckets.operations.list", "GET", "b/{bucket}/operations"],
  ["storage.buckets.operations.get", "GET", "b/{bucket}/operations/{id}"],
  ["storage.buckets.operations.cancel", "POST", "b/{bucket}/operations/{id}/cancel"],
  ["storage.buckets.operations.advanceRelocateBucket", "POST", "b/{bucket}/operations/{id}/advanceRelocateBucket"],
  ["storage.channels.stop", "POST", "channels/stop"],
  ...crud("folders", "b/{bucket}/folders", "b/{bucket}/folders/{folder}", ["get", "insert", "delete"]),
  ["storage.folders.rename", "POST", "b/{bucket}/folders/{sourceFolder}/renameTo/folders/{destinationFolder}"],
  ...crud("managedFolders", "b/{bucket}/managedFolders", "b/{bucket}/managedFolders/{folder}", [
    ...(["get", "insert", "delete"] as const),
  ]),
  ["storage.managedFolders.getIamPolicy", "GET", "b/{bucket}/managedFolders/{folder}/iam"],
  ["storage.managedFolders.setIamPolicy", "PUT", "b/{bucket}/managedFolders/{folder}/iam"],
  ["storage.managedFolders.testIamPermissions", "GET", "b/{bucket}/managedFolders/{folder}/iam/testPermissions"],
  ...crud("notifications", "b/{bucket}/notificationConfigs", "b/{bucket}/notificationConfigs/{id}", [
    ...(["get", "insert", "delete"] as const),
  ]),
  ["storage.objects.bulkRestore", "POST", "b/{bucket}/o/bulkRestore"],
  ["storage.objects.move", "POST", "b/{bucket}/o/{sourceObject}/moveTo/o/{destinationObject}"],
  ["storage.objects.watchAll", "POST", "b/{bucket}/o/watch"],
  ["storage.objects.getIamPolicy", "GET", "b/{bucket}/o/{object}/iam"],
  ["storage.objects.setIamPolicy", "PUT", "b/{bucket}/o/{object}/iam"],
  ["storage.objects.testIamPermissions", "GET", "b/{bucket}/o/{object}/iam/testPermissions"],
  ...crud("projects.hmacKeys", "projects/{projectId}/hmacKeys", "projects/{projectId}/hmacKeys/{accessId}", [
    ...(["list", "get", "update", "delete"] as const),
  ]),
  ["storage.projects.hmacKeys.create", "POST", "projects/{projectId}/hmacKeys"],
];

const aclMethods = ["list", "get", "insert", "patch", "update", "delete"] as const;

const acls = [
  ...crud("bucketAccessControls", "b/{bucket}/acl", "b/{bucket}/acl/{entity}", aclMethods),
  ...crud(
    "defaultObjectAccessControls",
    "b/{bucket}/defaultObjectAcl",
    "b/{bucket}/defaultObjectAcl/{entity}",
    aclMethods,
  ),
  ...crud("objectAccessControls", "b/{bucket}/o/{object}/acl", "b/{bucket}/o/{object}/acl/{entity}", aclMethods),
];

/** With uniform access Google refuses ACLs too; without it they are what the local cloud lacks. */
const refuseAcl = ({ buckets }: StorageContext, request: CloudRequest, rpc: string): never => {
  const { config } = buckets.require(param(request, "bucket"));
  if (config.iamConfiguration.uniformBucketLevelAccess.enabled)
    throw new StorageError(
      "invalid",
      "Cannot use ACL API to update bucket policy when uniform bucket-level access is enabled. Read more at https://cloud.google.com/storage/docs/uniform-bucket-level-access",
    );
  throw notImplementedHere(rpc);
};

/** None can be made, so none there are: gcloud asks before it removes a tree. */
const emptyLists = [
  ["storage.folders.list", "b/{bucket}/folders", "storage#folders", "storage.folders.list"],
  ["storage.managedFolders.list", "b/{bucket}/managedFolders", "storage#managedFolders", "storage.managedFolders.list"],
  ["storage.notifications.list", "b/{bucket}/notificationConfigs", "storage#notifications", "storage.buckets.get"],
] as const;

export const refusedRoutes = (context: StorageContext): readonly Route[] => [
  ...refused.flatMap(([rpc, method, path]) =>
    ["/storage/v1/", "/"].map((root) => notImplemented({ rpc, method, template: `${root}${path}` })),
  ),
  ...acls.flatMap(([rpc, method, path]) =>
    storageRoutes(context.buckets, {
      ...{ rpc, method, path, refused: true },
      handle: (request) => refuseAcl(context, request, rpc),
    }),
  ),
  ...emptyLists.flatMap(([rpc, path, kind, permission]) =>
    storageRoutes(context.buckets, {
      ...{ rpc, method: "GET", path, permission },
      handle: (request) => {
        context.buckets.require(param(request, "bucket"));
        return jsonResponse(request, { kind });
      },
    }),
  ),
  ...storageRoutes(context.buckets, {
    ...{ rpc: "storage.projects.serviceAccount.get", method: "GET", path: "projects/{projectId}/serviceAccount" },
    permission: "resourcemanager.projects.get",
    handle: (request) => {
      const number = projectNumber(param(request, "projectId"));
      const email = `service-${number}@gs-project-accounts.iam.gserviceaccount.com`;
      return jsonResponse(request, { kind: "storage#serviceAccount", email_address: email });
    },
  }),
];
