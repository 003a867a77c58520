// Also: https://cloud.google.com/storage/docs/access-control/iam-roles
import { defineRoles, on, seesProjects } from "./role.ts";

const uploads = on("storage.multipartUploads", "abort create list listParts");
const objectUser = [
  ...seesProjects,
  ...uploads,
  ...on("storage.objects", "create delete get list move restore update"),
];
const objectAdmin = [
  ...objectUser,
  ...on("storage.objects", "getIamPolicy overrideUnlockedRetention setIamPolicy setRetention"),
];
const bucketAdmin = [
  ...on("storage.buckets", "create delete enableObjectRetention get getIamPolicy list relocate restore"),
  ...on("storage.buckets", "setIamPolicy update"),
];
const bucketOwner = [
  ...uploads,
  ...on("storage.buckets", "enableObjectRetention get getIamPolicy restore setIamPolicy update"),
  ...on("storage.objects", "create delete list restore setRetention"),
];
const bucketReader = ["storage.buckets.get", "storage.multipartUploads.list", "storage.objects.list"];
const bucketWriter = [...uploads, "storage.buckets.get", ...on("storage.objects", "create delete list")];
const objectCreator = [
  ...seesProjects,
  ...on("storage.multipartUploads", "abort create listParts"),
  ...on("storage.objects", "create createContext"),
];

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
  ["storage.objectViewer", "Storage Object Viewer", [...seesProjects, ...on("storage.objects", "get list")]],
]);
