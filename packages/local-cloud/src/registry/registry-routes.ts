import { ANONYMOUS } from "../server/principal.ts";
import type { CloudRequest, CloudResponse, Route } from "../server/types.ts";
import { deleteBlob, getBlob, type RegistryContext } from "./blob-routes.ts";
import { listCatalog, listTags } from "./listing-routes.ts";
import { locateImage, repositoryResource } from "./locate-image.ts";
import { deleteManifest, getManifest, listReferrers, putManifest } from "./manifest-routes.ts";
import { OciError, ociRoute } from "./oci-error.ts";
import { cancelUpload, finishUpload, startUpload, uploadChunk, uploadStatus } from "./upload-routes.ts";

type Handler = (context: RegistryContext, request: CloudRequest) => ReturnType<Route["handle"]>;
type Endpoint = readonly [method: Route["method"], template: string, name: string, handle: Handler];

const blob = "/v2/{name=**}/blobs/{digest}";
const uploads = "/v2/{name=**}/blobs/uploads";
const upload = "/v2/{name=**}/blobs/uploads/{upload}";
const manifest = "/v2/{name=**}/manifests/{reference}";

/** Permissions: https://cloud.google.com/artifact-registry/docs/access-control#permissions */
const downloadPermission = "artifactregistry.repositories.downloadArtifacts";
const uploadPermission = "artifactregistry.repositories.uploadArtifacts";
const deletePermission = "artifactregistry.repositories.deleteArtifacts";

const open: readonly Endpoint[] = [
  ["GET", "/v2/", "Base", base],
  ["GET", "/v2", "Base", base],
  ["GET", "/v2/_catalog", "ListCatalog", listCatalog],
];
const downloads: readonly Endpoint[] = [
  ["GET", blob, "GetBlob", getBlob],
  ["HEAD", blob, "HeadBlob", getBlob],
  ["GET", manifest, "GetManifest", getManifest],
  ["HEAD", manifest, "HeadManifest", getManifest],
  ["GET", "/v2/{name=**}/tags/list", "ListTags", listTags],
  ["GET", "/v2/{name=**}/referrers/{digest}", "ListReferrers", listReferrers],
];
const uploadReads: readonly Endpoint[] = [["GET", upload, "UploadStatus", uploadStatus]];
const uploadWrites: readonly Endpoint[] = [
  ["POST", uploads, "StartUpload", startUpload],
  ["POST", `${uploads}/`, "StartUpload", startUpload],
  ["PATCH", upload, "UploadChunk", uploadChunk],
  ["PUT", upload, "FinishUpload", finishUpload],
  ["DELETE", upload, "CancelUpload", cancelUpload],
  ["PUT", manifest, "PutManifest", putManifest],
];
const deletes: readonly Endpoint[] = [
  ["DELETE", blob, "DeleteBlob", deleteBlob],
  ["DELETE", manifest, "DeleteManifest", deleteManifest],
];

export function registryRoutes(context: RegistryContext): readonly Route[] {
  const toRoutes = (endpoints: readonly Endpoint[], write: boolean, permission?: string): readonly Route[] =>
    endpoints.map(([method, template, name, handle]) =>
      ociRoute({
        method,
        template,
        rpc: `oci.distribution.v1.${name}`,
        write,
        ...(permission !== undefined && { permission, resource: (request) => resourceOf(context, request) }),
        handle: (request) => handle(context, request),
      }),
    );
  return [
    ...toRoutes(open, false),
    ...toRoutes(downloads, false, downloadPermission),
    ...toRoutes(uploadReads, false, uploadPermission),
    ...toRoutes(uploadWrites, true, uploadPermission),
    ...toRoutes(deletes, true, deletePermission),
  ];
}

/** Clients learn here whether they must log in: where permissions count, a caller without a token is told so. */
function base({ authorize }: RegistryContext, { principal }: CloudRequest): CloudResponse {
  if (principal === ANONYMOUS) authorize(principal, downloadPermission, "");
  return { status: 200, json: {} };
}

/** A repository that does not exist is the handler's to report; until then the project stands for it. */
function resourceOf({ find }: RegistryContext, request: CloudRequest): string {
  try {
    return repositoryResource(locateImage(find, request).name);
  } catch (error) {
    if (error instanceof OciError) return `projects/${request.params["name"]?.split("/")[0] ?? ""}`;
    throw error;
  }
}
