// Also: https://cloud.google.com/storage/docs/access-control/iam-roles
import { defineRoles, on, seesProjects } from "./role.ts";

const uploads = on("storage.multipartUploads", "abort create list listParts");
const readsFolders = [...on("storage.folders", "get list"), ...on("storage.managedFolders", "get list")];
const writesFolders = [
  ...readsFolders,
  ...on("storage.folders", "create delete rename"),
  ...on("storage.managedFolders", "create delete"),
];
const objectUser = [
  ...seesProjects,
  ...uploads,
  ...writesFolders,
  ...on("storage.objects", "create delete get list move restore update"),
];
const objectAdmin = [
  ...objectUser,
  ...on("storage.objects", "getIamPolicy overrideUnlockedRetention setIamPolicy setRetention"),
];
const objectViewer = [...seesProjects, ...readsFolders, ...on("storage.objects", "get list")];
const objectCreator = [
  ...seesProjects,
  ...on("storage.multipartUploads", "abort create listParts"),
  ...["storage.folders.create", "storage.managedFolders.create"],
  ...on("storage.objects", "create createContext"),
];
const managesFolders = on("storage.managedFolders", "getIamPolicy setIamPolicy");
const bucketAdmin = [
  ...managesFolders,
  ...on("storage.buckets", "create delete enableObjectRetention get getIamPolicy list relocate restore"),
  ...on("storage.buckets", "setIamPolicy update"),
];
const bucketOwner = [
  ...uploads,
  ...writesFolders,
  ...managesFolders,
  ...on("storage.buckets", "enableObjectRetention get getIamPolicy restore setIamPolicy update"),
  ...on("storage.objects", "create delete list restore setRetention"),
];
const bucketReader = ["storage.buckets.get", "storage.multipartUploads.list", "storage.objects.list"];
const bucketWriter = [...uploads, "storage.buckets.get", ...on("storage.objects", "create delete list")];

export const storageRoles = defineRoles("storage", [
  ["storage.admin", "Storage Admin", [...objectAdmin, ...bucketAdmin]],
  ["storage.legacyBucketOwner", "Storage Legacy Bucket Owner", bucketOwner],
  ["storage.legacyBucketReader", "Storage Legacy Bucket Reader", bucketReader],
  ["storage.legacyBucketWriter", "Storage Legacy Bucket Writer", bucketWriter],
  [
    "storage.legacyObjectOwner",
    "Storage Legacy Object Owner",
    on("storage.objects", "get getIamPolicy setIamPolicy update"),
  ],
  ["storage.legacyObjectReader", "Storage Legacy Object Reader", ["storage.objects.get"]],
  ["storage.objectAdmin", "Storage Object Admin", objectAdmin],
  ["storage.objectCreator", "Storage Object Creator", objectCreator],
  ["storage.objectUser", "Storage Object User", objectUser],
  ["storage.objectViewer", "Storage Object Viewer", objectViewer],
]);
